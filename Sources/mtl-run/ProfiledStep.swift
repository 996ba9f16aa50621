import CLIKit
import CMTL

/// A step of a run as the library describes it, and how long it took each time.
struct ProfiledStep {
  let nodes: String
  let backend: String
  /// Of its result, with the batch.
  let shape: [Int]
  /// Floating-point operations, and bytes of values and weights, in a run.
  let operations, bytes: Double
  /// Seconds of each run, summed over the threads.
  private(set) var times: [Double] = []

  /// All steps of a context, in order.
  static func list(of context: OpaquePointer) -> [ProfiledStep] {
    var steps: [ProfiledStep] = []
    while let step = read(context, UInt32(steps.count)) { steps.append(ProfiledStep(step)) }
    return steps
  }

  private init(_ step: mtlrt_step) {
    nodes = String(cString: step.nodes)
    backend = String(cString: step.backend)
    shape = withUnsafeBytes(of: step.dim) { dimensions in
      dimensions.bindMemory(to: UInt64.self).prefix(Int(step.rank)).map { Int($0) }
    }
    operations = step.operations
    bytes = Double(step.value_bytes + step.constant_bytes)
  }

  /// Keeps the time of the last run. This is step number `index`.
  mutating func note(_ context: OpaquePointer, _ index: UInt32) {
    if let step = Self.read(context, index) { times.append(step.seconds) }
  }

  private static func read(_ context: OpaquePointer, _ index: UInt32) -> mtlrt_step? {
    var step = mtlrt_step()
    step.size = UInt32(MemoryLayout<mtlrt_step>.size)
    return mtlrt_step_at(context, index, &step) == 0 ? step : nil
  }
}

/// A step and its median time.
struct TimedStep {
  let step: ProfiledStep
  /// Milliseconds of a run: what its threads spent on it, by their number.
  let time: Double

  init(_ step: ProfiledStep, threads: Int) {
    self.step = step
    time = quantile(step.times.sorted(), 0.5) * 1e3 / Double(threads)
  }

  /// `total` is the time of a run in milliseconds.
  func json(total: Double) -> JSONObject {
    var object = JSONObject()
    object.add("nodes", step.nodes)
    object.add("backend", step.backend)
    object.add("shape", step.shape)
    object.add("ms", time, digits: 5)
    object.add("share", time / total, digits: 5)
    object.add("operations", step.operations, digits: 0)
    object.add("bytes", step.bytes, digits: 0)
    object.add("gflops", step.operations / time / 1e6, digits: 2)
    object.add("gb_per_second", step.bytes / time / 1e6, digits: 2)
    return object
  }
}
