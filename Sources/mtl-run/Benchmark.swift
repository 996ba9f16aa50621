import CLIKit
import CMTL

/// Times predictions: one batch from a ready input to a ready output.
struct Benchmark {
  private let settings: Settings
  private let run: MadeUpRun

  init(_ settings: Settings) throws(Failure) {
    self.settings = settings
    run = try MadeUpRun(settings)
  }

  func run(_ console: inout Console) throws(Failure) {
    var times: [Double] = []
    try run.measure(seconds: settings.seconds) { times.append($0) }
    times.sort()
    console.write(settings.isJSON ? json(times) : text(times))
    try console.finish()
  }

  private var threads: Int { Int(mtlrt_threads(run.model.handle)) }

  private func rate(_ median: Double) -> Double { Double(run.batch) / median * 1e3 }

  /// `times` is sorted.
  private func text(_ times: [Double]) -> String {
    let (median, threads) = (quantile(times, 0.5), threads)
    return """
      batch \(run.batch), \(threads) \(threads == 1 ? "thread" : "threads"), \
      \(run.model.backends)
      median \(fixed(median, 3)) ms, p10 \(fixed(quantile(times, 0.1), 3)) ms, \
      p99 \(fixed(quantile(times, 0.99), 3)) ms, \(times.count) runs
      \(fixed(rate(median), 1)) images/s
      open \(fixed(run.model.openTime, 2)) ms, first prediction \(fixed(run.firstTime, 2)) ms

      """
  }

  /// `times` is sorted.
  private func json(_ times: [Double]) -> String {
    let median = quantile(times, 0.5)
    var milliseconds = JSONObject()
    milliseconds.add("median", median, digits: 5)
    milliseconds.add("p10", quantile(times, 0.1), digits: 5)
    milliseconds.add("p99", quantile(times, 0.99), digits: 5)
    var object = JSONObject()
    object.add("batch", run.batch)
    object.add("threads", threads)
    object.add("backend", run.model.backends)
    object.add("ms", milliseconds)
    object.add("images_per_second", rate(median), digits: 2)
    object.add("open_ms", run.model.openTime, digits: 5)
    object.add("first_ms", run.firstTime, digits: 5)
    return object.text + "\n"
  }
}
