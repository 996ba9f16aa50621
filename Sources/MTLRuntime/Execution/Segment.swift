/// Some steps in a row that a run takes a few images through at a time.
///
/// A whole batch, step by step, would stream every value through memory; image by image, values
/// stay in the cache, but the weights of each step are read again and again. So a batch is cut
/// twice: the steps into segments, and for each segment the images into chunks. The cut follows
/// from shapes and batch alone, never from threads, as modules may compute other last bits for
/// another chunk.
struct Segment {
  /// Indexes into the engine's steps.
  let steps: Range<Int>
  /// Images that pass through the steps at once; the last chunk may be smaller.
  let chunk: Int

  /// What a thread's values may take of the nearer caches, and of the last one.
  private static let (nearBytes, farBytes) = (1 << 20, 4 << 20)
  /// Weights up to this size stay in the nearer caches from image to image.
  private static let residentBytes = 128 << 10
  /// Operations for each byte of weights that make reading it not worth a thought.
  private static let operationsPerByte = 128.0
  /// Chunks that a batch is cut into at least, where weights do not ask for larger ones.
  private static let chunksLeast = 16

  /// The segments of a run of `batch` images, all steps in order.
  static func cut(_ costs: [StepCost], batch: Int) -> [Segment] {
    var segments: [Segment] = []
    var first = 0
    var (chunk, bytes) = (1, 0)
    for (index, cost) in costs.enumerated() {
      let wanted = min(imagesAtOnce(cost), batch)
      let (joined, joinedBytes) = (max(chunk, wanted), max(bytes, cost.valueBytes))
      let isTooMuch = joined > 1 && joinedBytes > farBytes / joined
      if index > first, wanted > 2 * chunk || isTooMuch {
        segments.append(Segment(first..<index, chunk, bytes, batch))
        (first, chunk, bytes) = (index, wanted, cost.valueBytes)
      } else {
        (chunk, bytes) = (joined, joinedBytes)
      }
    }
    segments.append(Segment(first..<costs.count, chunk, bytes, batch))
    return segments
  }

  /// How many images are worth reading a step's weights for.
  private static func imagesAtOnce(_ cost: StepCost) -> Int {
    guard cost.constantBytes > residentBytes else { return 1 }
    let images = operationsPerByte * Double(cost.constantBytes) / max(cost.operations, 1)
    return Int(min(images.rounded(.up), Double(Int32.max)))
  }

  /// `chunk` is the least; it grows while the `bytes` of an image's values leave room in the cache,
  /// and until chunks of that size or one more make up the batch.
  private init(_ steps: Range<Int>, _ chunk: Int, _ bytes: Int, _ batch: Int) {
    let roomy = min(Self.nearBytes / max(bytes, 1), batch / Self.chunksLeast)
    let chunks = batch / max(chunk, roomy, 1)
    self.steps = steps
    self.chunk = (batch + chunks - 1) / chunks
  }
}
