import CMTL

/// Zeroed memory for numbers, aligned to 64 bytes, freed with its last reference.
public final class FloatMemory {
  public let floats: UnsafeMutablePointer<Float>
  public let count: Int

  /// Throws where memory is short.
  public init(count: Int) throws(Failure) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.size)
    var base: UnsafeMutableRawPointer?
    guard !overflow, posix_memalign(&base, 64, max(64, bytes)) == 0, let base else {
      throw Failure(.someFailed, "not enough memory for \(count) numbers")
    }
    memset(base, 0, bytes)
    floats = base.assumingMemoryBound(to: Float.self)
    self.count = count
  }

  /// `count` times as many, for a batch. Throws where memory is short.
  public convenience init(count: Int, batch: Int) throws(Failure) {
    let (product, overflow) = count.multipliedReportingOverflow(by: batch)
    try self.init(count: overflow ? Int.max : product)
  }

  deinit { free(floats) }

  public var byteCount: Int { count * MemoryLayout<Float>.size }
  public var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: floats, count: byteCount) }
}
