import CMTL
import MTLFormat

/// Memory for callers with one image each that are answered together, for any number of them: one
/// run at a time.
final class Gathering: Idling {
  private static let most = Int(MTL_POOL_TOGETHER_MAX)

  /// The next of the engine's idle ones.
  var next: Gathering?
  /// The images of all, then room for their outputs.
  private let images: LargeMemory
  /// By batch, made when first needed. They use the memory of the largest where it is enough.
  private var contexts = [RunContext?](repeating: nil, count: Gathering.most + 1)
  private let largest: RunContext

  private init(_ images: LargeMemory, _ largest: RunContext) {
    self.images = images
    self.largest = largest
    contexts[Self.most] = largest
  }

  static func make(_ engine: Engine) throws(Status) -> Gathering {
    let graph = engine.graph
    let bytes = (graph.model.inputs + graph.model.outputs).reduce(0) {
      $0 + graph.byteCount(of: $1)
    }
    let (size, overflow) = bytes.multipliedReportingOverflow(by: most)
    guard !overflow else { throw MemorySize.tooMuch }
    let gathering = Gathering(
      try LargeMemory.allocate(size), try RunContext.make(engine, batch: most))
    try Memory.check()
    return gathering
  }

  /// Runs the predictions of all callers that are served in this turn, and leaves results or
  /// failure with each.
  func run(_ turn: UnsafeMutablePointer<mtl_pool_turn>) {
    do throws(Status) {
      let context = try context(batch: 1 + Int(turn.pointee.other_count))
      let graph = context.engine.graph
      let bytes = graph.byteCount(of: graph.model.inputs[0])
      var output = images.start
      Prediction.forEach(turn) { prediction in
        memcpy(output, prediction.pointee.input, bytes)
        output += bytes
      }
      try context.run(turn, input: images.start, output: output)
      var row = 0
      Prediction.forEach(turn) { prediction in
        Self.copy(row, of: output, context, to: prediction.pointee.output)
        row += 1
      }
    } catch {
      Prediction.forEach(turn) { $0.pointee.failure = error }
    }
  }

  /// Brings one image's row of each output to its caller.
  private static func copy(
    _ row: Int, of outputs: UnsafeMutableRawPointer, _ context: RunContext,
    to target: UnsafeMutableRawPointer
  ) {
    var (source, target) = (outputs, target)
    let graph = context.engine.graph
    for tensor in graph.model.outputs {
      let bytes = graph.byteCount(of: tensor)
      memcpy(target, source + row * bytes, bytes)
      source += context.batch * bytes
      target += bytes
    }
  }

  private func context(batch: Int) throws(Status) -> RunContext {
    if let context = contexts[batch] { return context }
    let context = try RunContext.make(largest.engine, batch: batch, within: largest.block)
    contexts[batch] = context
    return context
  }
}
