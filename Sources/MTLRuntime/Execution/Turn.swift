import CMTL
import MTLFormat

/// Holds on to the pool of threads.
final class PoolUse {
  init(cores: Int, threads: Int) { mtl_pool_retain(UInt32(cores), UInt32(threads)) }
  deinit { mtl_pool_release() }
}

extension Engine {
  /// Calls `body` when it is this caller's turn: as many callers predict at once as there are CPUs.
  /// Throws without a turn if `context` is cancelled before.
  func inTurn(
    _ context: RunContext,
    _ body: (UnsafeMutablePointer<mtl_pool_turn>) throws(Status) -> Void
  ) throws(Status) {
    var turn = mtl_pool_turn()
    try withUnsafeMutablePointer(to: &turn) { (turn) throws(Status) in
      let state = mtl_pool_enter(
        turn,
        { context in
          let run = Unmanaged<RunContext>.fromOpaque(context!).takeUnretainedValue()
          return run.isCancelled ? 1 : 0
        }, Unmanaged.passUnretained(context).toOpaque())
      guard state == Int32(MTL_TURN_BEGINS) else { throw RunContext.cancelled }
      defer { mtl_pool_leave() }
      try body(turn)
    }
  }
}
