import MTLFormat

/// Memory for one prediction at a time, of any batch: a context for each of the batches that came
/// last, all in one block, which is as large as the largest batch needs.
final class Workspace: Idling {
  /// The next of the engine's idle ones.
  var next: Workspace?
  private let engine: Engine
  /// In order of their last use.
  private var contexts: [RunContext] = []

  /// Contexts take little beside their block, but a caller may use batches of a thousand sizes.
  private static let contextsMax = 8

  init(_ engine: Engine) {
    self.engine = engine
    contexts.reserveCapacity(Self.contextsMax)
  }

  func has(batch: Int) -> Bool { contexts.contains { $0.batch == batch } }

  func context(batch: Int) throws(Status) -> RunContext {
    if let index = contexts.firstIndex(where: { $0.batch == batch }) {
      let context = contexts.remove(at: index)
      contexts.append(context)
      return context
    }
    // A larger batch needs a larger block: the old one goes before, not after, it is there.
    if contexts.allSatisfy({ $0.batch < batch }) { contexts.removeAll(keepingCapacity: true) }
    let context = try RunContext.make(engine, batch: batch, within: contexts.last?.block)
    if let last = contexts.last, last.block !== context.block {
      contexts.removeAll(keepingCapacity: true)
    }
    if contexts.count == Self.contextsMax { contexts.removeFirst() }
    contexts.append(context)
    return context
  }
}
