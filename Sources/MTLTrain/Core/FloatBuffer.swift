import CMTL
import MTLFormat

/// Floats in memory of our own, aligned to 64 bytes and zeroed at first. Large ones lie in
/// large pages: passes over them would spend much of their time on translating addresses.
public final class FloatBuffer {
  public let base: UnsafeMutablePointer<Float>
  public let count: Int

  private static let largePage = 2 << 20

  /// What the system gave, of which `base` is a part; nil: a piece of the heap.
  private let mapped: (start: UnsafeMutableRawPointer, count: Int)?

  /// Errors: not enough memory.
  public init(count: Int) throws(Status) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    let problem = Status(MTLRT_E_MEMORY, "not enough memory for \(count) floats")
    guard !overflow, count >= 0, bytes <= Int.max / 2 else { throw problem }
    self.count = count
    if bytes < Self.largePage {
      var memory: UnsafeMutableRawPointer?
      guard posix_memalign(&memory, 64, max(bytes, 64)) == 0, let memory else { throw problem }
      memset(memory, 0, max(bytes, 64))
      base = memory.assumingMemoryBound(to: Float.self)
      mapped = nil
      return
    }
    let whole = (bytes - 1) / Self.largePage * Self.largePage + Self.largePage
    let size = whole + Self.largePage
    guard
      let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      start != mtl_map_failed()
    else { throw problem }
    let memory = start.alignedUp(toMultipleOf: Self.largePage)
    madvise(memory, whole, MADV_HUGEPAGE)
    // Pages that come one by one would hold up the first steps; without this they do.
    madvise(memory, whole, MADV_POPULATE_WRITE)
    base = memory.assumingMemoryBound(to: Float.self)
    mapped = (start, size)
  }

  deinit {
    if let mapped { munmap(mapped.start, mapped.count) } else { free(base) }
  }

  /// All elements.
  public var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base, count: count)
  }

  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(elements) }

  public func zero() { base.update(repeating: 0, count: count) }
}
