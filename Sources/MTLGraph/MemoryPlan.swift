import MTLFormat

/// Where each buffer of a run lies in one arena.
///
/// Offsets are for a batch of 1. A run of batch N multiplies every offset and size by N: what does
/// not overlap for one image does not overlap for N.
public struct MemoryPlan {
  /// A buffer that is in use from step `first` to step `last`, both included.
  public struct Buffer {
    public let bytes: Int
    public let first: Int
    public let last: Int

    public init(bytes: Int, first: Int, last: Int) {
      self.bytes = bytes
      self.first = first
      self.last = last
    }

    func overlaps(_ other: Buffer) -> Bool { first <= other.last && other.first <= last }
  }

  /// Buffers start at multiples of this, so that a vector load never straddles two cache lines.
  public static let alignment = 64

  /// One per buffer, each a multiple of `alignment`.
  public let offsets: [Int]
  /// Size of the arena.
  public let bytes: Int

  /// Largest buffer first, each at the lowest offset where it meets no buffer that is in use at the
  /// same time ("greedy by size": Pisarchyk and Lee, Efficient Memory Management for Deep Neural
  /// Net Inference, 2020). nil if the sum of the sizes overflows.
  public init?(_ buffers: [Buffer]) {
    var sizes: [Int] = []
    var total = 0
    for buffer in buffers {
      let (padded, overflow) = buffer.bytes.addingReportingOverflow(Self.alignment - 1)
      let size = padded / Self.alignment * Self.alignment
      let (sum, tooMuch) = total.addingReportingOverflow(size)
      guard !overflow, !tooMuch else { return nil }
      sizes.append(size)
      total = sum
    }
    let order = indexes(buffers.count) { sizes[$0] > sizes[$1] }
    var offsets = Array(repeating: 0, count: buffers.count)
    var placed: [Int] = []  // in order of offset
    var end = 0
    for index in order {
      var offset = 0
      for other in placed where buffers[other].overlaps(buffers[index]) {
        if offset + sizes[index] <= offsets[other] { break }
        offset = max(offset, offsets[other] + sizes[other])
      }
      offsets[index] = offset
      end = max(end, offset + sizes[index])
      let position = placed.firstIndex { offsets[$0] > offset } ?? placed.count
      placed.insert(index, at: position)
    }
    self.offsets = offsets
    self.bytes = end
  }
}
