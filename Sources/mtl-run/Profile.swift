import CLIKit
import CMTL

/// Times each step of predictions on made-up input.
struct Profile {
  private let settings: Settings
  private let run: MadeUpRun

  init(_ settings: Settings) throws(Failure) {
    self.settings = settings
    run = try MadeUpRun(settings)
  }

  func run(_ console: inout Console) throws(Failure) {
    var steps = ProfiledStep.list(of: run.context)
    var times: [Double] = []
    mtlrt_time_steps(run.context, 1)
    try run.measure(seconds: settings.seconds) { time in
      times.append(time)
      for index in steps.indices { steps[index].note(run.context, UInt32(index)) }
    }
    times.sort()
    let threads = Int(mtlrt_threads(run.model.handle))
    let summary = Summary(
      total: quantile(times, 0.5), runs: times.count, threads: threads,
      steps: steps.map { TimedStep($0, threads: threads) })
    console.write(settings.isJSON ? json(summary) : text(summary))
    try console.finish()
  }

  /// Medians over all runs, in milliseconds.
  private struct Summary {
    let total: Double
    let runs: Int
    let threads: Int
    let steps: [TimedStep]

    /// What threads did beside running steps: waiting for one another, handing out work.
    var waiting: Double { max(0, total - steps.reduce(0) { $0 + $1.time }) }
    var operations: Double { steps.reduce(0) { $0 + $1.step.operations } }
    var bytes: Double { steps.reduce(0) { $0 + $1.step.bytes } }
  }

  private func text(_ summary: Summary) -> String {
    var table = Table(["Nodes", "Backend", "Output", "ms", "%", "GFLOP/s", "GB/s"])
    func row(
      _ nodes: String, _ backend: String, _ shape: [Int], _ time: Double,
      operations: Double, bytes: Double
    ) {
      table.add([
        nodes, backend, shape.map { "\($0)" }.joined(separator: "x"), fixed(time, 4),
        fixed(time / summary.total * 100, 1),
        operations > 0 ? fixed(operations / time / 1e6, 1) : "",
        bytes > 0 ? fixed(bytes / time / 1e6, 1) : "",
      ])
    }
    for timed in summary.steps {
      row(
        timed.step.nodes, timed.step.backend, timed.step.shape, timed.time,
        operations: timed.step.operations, bytes: timed.step.bytes)
    }
    row("waiting", "", [], summary.waiting, operations: 0, bytes: 0)
    row(
      "total", "", [], summary.total, operations: summary.operations, bytes: summary.bytes)
    let threads = "\(summary.threads) \(summary.threads == 1 ? "thread" : "threads")"
    return "batch \(run.batch), \(threads), medians of \(summary.runs) runs\n\n"
      + table.text(rightAligned: [3, 4, 5, 6])
  }

  private func json(_ summary: Summary) -> String {
    var milliseconds = JSONObject()
    milliseconds.add("total", summary.total, digits: 5)
    milliseconds.add("waiting", summary.waiting, digits: 5)
    var object = JSONObject()
    object.add("batch", run.batch)
    object.add("threads", summary.threads)
    object.add("backend", run.model.backends)
    object.add("runs", summary.runs)
    object.add("ms", milliseconds)
    object.add("operations", summary.operations, digits: 0)
    object.add("bytes", summary.bytes, digits: 0)
    object.add("steps", summary.steps.map { $0.json(total: summary.total) })
    return object.text + "\n"
  }
}
