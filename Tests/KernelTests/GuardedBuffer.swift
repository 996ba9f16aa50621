import Glibc

/// Memory that ends where a page begins that cannot be touched: an access beyond it faults.
final class GuardedBuffer {
  let start: UnsafeMutableRawPointer
  let count: Int
  private let mapping: UnsafeMutableRawPointer
  private let mappedCount: Int
  private static let canary: UInt8 = 0x88

  /// With `tight` the last byte is the last before the guard, at the cost of alignment to 4 bytes
  /// only; else it starts at a multiple of 64, and the few bytes behind it are watched.
  init(count: Int, tight: Bool = false) {
    let page = 4096
    let usable = (max(count, 1) + page - 1) / page * page
    mappedCount = usable + 2 * page
    mapping = mmap(nil, mappedCount, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    precondition(mapping != MAP_FAILED)
    precondition(mprotect(mapping + page, usable, PROT_READ | PROT_WRITE) == 0)
    memset(mapping + page, Int32(Self.canary), usable)
    let aligned = tight ? (count + 3) / 4 * 4 : (count + 63) / 64 * 64
    start = mapping + page + usable - aligned
    self.count = count
  }

  deinit { munmap(mapping, mappedCount) }

  /// Whether nobody wrote before the buffer or between its end and the guard.
  var isIntact: Bool {
    let end = mapping + mappedCount - 4096
    var next = mapping + 4096
    while next < end {
      if next == start { next += count }
      guard next < end else { break }
      if next.load(as: UInt8.self) != Self.canary { return false }
      next += 1
    }
    return true
  }

  var floats: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableRawBufferPointer(start: start, count: count).bindMemory(to: Float.self)
  }
}
