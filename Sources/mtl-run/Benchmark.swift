import CLIKit
import CMTL

/// Times predictions: one batch from a ready input to a ready output.
struct Benchmark {
  private let settings: Settings
  private let model: OpenModel

  /// A share of the measured time goes by unmeasured first, so that caches and clocks settle.
  private static let warmUpShare = 0.2
  private static let runsLeast = 5
  private static let runsMost = 1_000_000

  init(_ settings: Settings) throws(Failure) {
    self.settings = settings
    model = try OpenModel(settings)
  }

  func run(_ console: inout Console) throws(Failure) {
    var error = mtlrt_error()
    let start = Clock.now
    guard let context = mtlrt_ctx_new(model.handle, UInt32(settings.batch), &error) else {
      throw Failure(.someFailed, error.message)
    }
    defer { mtlrt_ctx_free(context) }
    let inputs = try memory(model.inputs)
    for input in inputs { Self.makeUp(input) }
    let outputs = try memory(model.outputs)
    let from: [UnsafeRawPointer?] = inputs.map { UnsafeRawPointer($0.floats) }
    let to: [UnsafeMutableRawPointer?] = outputs.map { UnsafeMutableRawPointer($0.floats) }
    func predict() throws(Failure) {
      let code = withExtendedLifetime((inputs, outputs)) { mtlrt_run(context, from, to, &error) }
      guard code == 0 else { throw Failure(.someFailed, error.message) }
    }
    try predict()
    let firstTime = Clock.now - start
    let warmUntil = Clock.now + settings.seconds * 1e3 * Self.warmUpShare
    while Clock.now < warmUntil { try predict() }
    var times: [Double] = []
    let until = Clock.now + settings.seconds * 1e3
    while times.count < Self.runsLeast || (Clock.now < until && times.count < Self.runsMost) {
      let before = Clock.now
      try predict()
      times.append(Clock.now - before)
    }
    times.sort()
    report(times, firstTime, &console)
    try console.finish()
  }

  private func memory(_ slots: [OpenModel.Slot]) throws(Failure) -> [FloatMemory] {
    try slots.map { (slot) throws(Failure) in
      try FloatMemory(count: slot.count, batch: settings.batch)
    }
  }

  /// Numbers from 0 to 1, the same each time.
  private static func makeUp(_ memory: FloatMemory) {
    var state: UInt32 = 1
    for index in 0..<memory.count {
      state = state &* 1_664_525 &+ 1_013_904_223
      memory.floats[index] = Float(state >> 8) / Float(1 << 24)
    }
  }

  /// `times` is sorted.
  private func report(_ times: [Double], _ firstTime: Double, _ console: inout Console) {
    func quantile(_ share: Double) -> Double {
      times[Int((Double(times.count - 1) * share).rounded())]
    }
    let median = quantile(0.5)
    let rate = Double(settings.batch) / median * 1e3
    let threads = Int(mtlrt_threads(model.handle))
    guard settings.isJSON else {
      console.write(
        """
        batch \(settings.batch), \(threads) \(threads == 1 ? "thread" : "threads"), \
        \(model.backends)
        median \(fixed(median, 3)) ms, p10 \(fixed(quantile(0.1), 3)) ms, \
        p99 \(fixed(quantile(0.99), 3)) ms, \(times.count) runs
        \(fixed(rate, 1)) images/s
        open \(fixed(model.openTime, 2)) ms, first prediction \(fixed(firstTime, 2)) ms

        """)
      return
    }
    var milliseconds = JSONObject()
    milliseconds.add("median", median, digits: 5)
    milliseconds.add("p10", quantile(0.1), digits: 5)
    milliseconds.add("p99", quantile(0.99), digits: 5)
    var object = JSONObject()
    object.add("batch", settings.batch)
    object.add("threads", threads)
    object.add("backend", model.backends)
    object.add("ms", milliseconds)
    object.add("images_per_second", rate, digits: 2)
    object.add("open_ms", model.openTime, digits: 5)
    object.add("first_ms", firstTime, digits: 5)
    console.write(object.text + "\n")
  }
}
