import CMTL
import MTLFormat

/// Holds on to the pool of threads.
final class PoolUse {
  init(cores: Int) { mtl_pool_retain(UInt32(cores)) }
  deinit { mtl_pool_release() }
}

extension Engine {
  /// Calls `body` when it is this caller's turn: as many callers predict at once as there are CPUs.
  /// Throws without a turn if `context`, where there is one, is cancelled before.
  func inTurn(
    _ context: RunContext? = nil,
    _ body: (UnsafeMutablePointer<mtl_pool_turn>) throws(Status) -> Void
  ) throws(Status) {
    var turn = mtl_pool_turn()
    try withUnsafeMutablePointer(to: &turn) { (turn) throws(Status) in
      let isOver = mtl_pool_enter(
        turn,
        { context in
          guard let context else { return 0 }
          return Unmanaged<RunContext>.fromOpaque(context).takeUnretainedValue().isCancelled ? 1 : 0
        }, context.map { Unmanaged.passUnretained($0).toOpaque() })
      guard isOver == 0 else { throw RunContext.cancelled }
      defer { mtl_pool_leave() }
      try body(turn)
    }
  }
}
