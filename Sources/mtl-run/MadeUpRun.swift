import CLIKit
import CMTL

/// A model with made-up input, ready to run batch after batch.
final class MadeUpRun {
  let model: OpenModel
  let batch: Int
  let context: OpaquePointer
  /// Milliseconds from an open model to the end of its first prediction.
  let firstTime: Double
  private let inputs: [FloatMemory]
  private let outputs: [FloatMemory]
  private let sources: [UnsafeRawPointer?]
  private let targets: [UnsafeMutableRawPointer?]

  /// Opens the model and predicts once.
  init(_ settings: Settings) throws(Failure) {
    let (model, batch) = (try OpenModel(settings), settings.batch)
    var error = mtlrt_error()
    let start = Clock.now
    guard let context = mtlrt_ctx_new(model.handle, UInt32(batch), &error) else {
      throw Failure(.someFailed, error.message)
    }
    do throws(Failure) {
      inputs = try Self.memory(model.inputs, batch)
      outputs = try Self.memory(model.outputs, batch)
      for input in inputs { Self.makeUp(input) }
      sources = inputs.map { UnsafeRawPointer($0.floats) }
      targets = outputs.map { UnsafeMutableRawPointer($0.floats) }
      guard mtlrt_run(context, sources, targets, &error) == 0 else {
        throw Failure(.someFailed, error.message)
      }
    } catch {
      mtlrt_ctx_free(context)
      throw error
    }
    (self.model, self.batch, self.context) = (model, batch, context)
    firstTime = Clock.now - start
  }

  deinit { mtlrt_ctx_free(context) }

  /// Predicts once; returns the milliseconds that it took.
  func predict() throws(Failure) -> Double {
    var error = mtlrt_error()
    let start = Clock.now
    let code = withExtendedLifetime(self) { mtlrt_run(context, sources, targets, &error) }
    let time = Clock.now - start
    guard code == 0 else { throw Failure(.someFailed, error.message) }
    return time
  }

  /// Predicts for so many seconds, after a fifth of them unmeasured, so that caches and clocks
  /// settle. `note` gets the milliseconds of each measured run.
  func measure(seconds: Double, _ note: (Double) -> Void) throws(Failure) {
    let warmUntil = Clock.now + seconds * 1e3 * 0.2
    while Clock.now < warmUntil { _ = try predict() }
    let until = Clock.now + seconds * 1e3
    var runs = 0
    while runs < 5 || (Clock.now < until && runs < 1_000_000) {
      note(try predict())
      runs += 1
    }
  }

  private static func memory(
    _ slots: [OpenModel.Slot], _ batch: Int
  ) throws(Failure) -> [FloatMemory] {
    try slots.map { (slot) throws(Failure) in try FloatMemory(count: slot.count, batch: batch) }
  }

  /// Numbers from 0 to 1, the same each time.
  private static func makeUp(_ memory: FloatMemory) {
    var state: UInt32 = 1
    for index in 0..<memory.count {
      state = state &* 1_664_525 &+ 1_013_904_223
      memory.floats[index] = Float(state >> 8) / Float(1 << 24)
    }
  }
}

/// The value below which a share of `sorted` lies, which is not empty.
func quantile(_ sorted: [Double], _ share: Double) -> Double {
  sorted[Int((Double(sorted.count - 1) * share).rounded())]
}
