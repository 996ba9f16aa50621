import MTLFormat

/// How the chunks of a segment are shared out among threads.
struct SegmentShare {
  let plan: SegmentPlan
  /// For the images that make no whole chunk.
  let rest: SegmentPlan?
  /// Whole chunks.
  let chunks: Int
  /// How many of them threads take one by one. On the others, which would leave threads idle, all
  /// work together, part by part.
  let separate: Int

  /// More chunks than this are not worth their barriers.
  private static let togetherMost = 8

  init(
    _ engine: Engine, _ segment: Segment, _ arena: Arena, batch: Int
  ) throws(Status) {
    let (left, threads) = (batch % segment.chunk, engine.threads)
    chunks = batch / segment.chunk
    let over = chunks % threads
    let isTogether = over > 0 && over <= Self.togetherMost && over * 4 < threads * 3
    separate = isTogether ? chunks - over : chunks
    plan = try SegmentPlan.make(
      engine, segment.steps, arena, images: segment.chunk, threads: isTogether ? threads : 1)
    rest = try left == 0 ? nil : SegmentPlan.make(
      engine, segment.steps, arena, images: left, threads: threads)
  }
}
