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
    let left = batch % segment.chunk
    plan = try SegmentPlan(engine, segment.steps, arena, images: segment.chunk)
    rest = try left == 0 ? nil : SegmentPlan(engine, segment.steps, arena, images: left)
    chunks = batch / segment.chunk
    let over = chunks % engine.threads
    let isTogether = over <= Self.togetherMost && over * 4 < engine.threads * 3
    separate = chunks == 1 ? 0 : isTogether ? chunks - over : chunks
  }
}
