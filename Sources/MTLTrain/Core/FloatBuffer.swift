import CMTL
import MTLFormat

/// Floats in memory of our own, aligned to 64 bytes and zeroed at first. Large ones lie in
/// large pages: passes over them would spend much of their time on translating addresses.
public final class FloatBuffer {
  public let base: UnsafeMutablePointer<Float>
  public let count: Int

  private static let largePage = 2 << 20

  /// Errors: not enough memory.
  public init(count: Int) throws(Status) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    var memory: UnsafeMutableRawPointer?
    let alignment = bytes >= Self.largePage ? Self.largePage : 64
    guard !overflow, count >= 0, posix_memalign(&memory, alignment, max(bytes, 64)) == 0,
      let memory
    else { throw Status(MTLRT_E_MEMORY, "not enough memory for \(count) floats") }
    if bytes >= Self.largePage {
      madvise(memory, bytes / Self.largePage * Self.largePage, MADV_HUGEPAGE)
    }
    memset(memory, 0, max(bytes, 64))
    base = memory.assumingMemoryBound(to: Float.self)
    self.count = count
  }

  deinit { free(base) }

  /// All elements.
  public var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base, count: count)
  }

  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(elements) }

  public func zero() { base.update(repeating: 0, count: count) }
}
