import MTLFormat

/// How the memory of a run is divided: what all images have in common, then arena and scratch of
/// each thread's lanes, of which it uses one at a time, then one local block per thread. Thread 0
/// has more of it: all threads work in its lanes when they work together.
struct RunMemoryMap {
  private(set) var size = MemorySize()
  let locals, localStride: Int
  private let firstArena, firstScratch: Int
  private let others, otherStride, otherScratch: Int

  init(
    _ shares: [SegmentShare], _ values: SharedValues, threads: Int, batch: Int
  ) throws(Status) {
    var (arena, scratch, local) = (MemorySize(), 0, 0)
    var (separateArena, separateScratch) = (MemorySize(), 0)
    for share in shares {
      for plan in [share.plan, share.rest ?? share.plan] {
        try arena.enlarge(to: plan.arena.plan.bytes, times: plan.images)
        (scratch, local) = (max(scratch, plan.scratchBytes), max(local, plan.localBytes))
      }
      guard share.separate > 0 else { continue }
      try separateArena.enlarge(to: share.plan.arena.plan.bytes, times: share.plan.images)
      separateScratch = max(separateScratch, share.plan.scratchBytes)
    }
    _ = try size.reserve(values.bytes, times: batch)
    firstArena = try size.reserve(arena.bytes)
    firstScratch = try size.reserve(scratch)
    otherScratch = separateArena.bytes
    var other = separateArena
    _ = try other.reserve(separateScratch)
    otherStride = other.bytes
    others = try size.reserve(otherStride, times: threads - 1)
    localStride = local
    locals = try size.reserve(local, times: threads)
  }

  /// Where arena and scratch of a thread's lanes begin.
  func lane(of thread: Int) -> (arena: Int, scratch: Int) {
    if thread == 0 { return (firstArena, firstScratch) }
    let start = others + (thread - 1) * otherStride
    return (start, start + otherScratch)
  }
}
