import CMTL
import MTLFormat
import MTLGraph

/// Zeroed memory straight from the system, freed with its last reference. What is not touched costs
/// nothing.
final class LargeMemory {
  /// Aligned to a page.
  let start: UnsafeMutableRawPointer
  let count: Int
  private let mapping: UnsafeMutableRawPointer
  private let length: Int

  /// Large pages save the time of many small page faults, and translations of addresses later.
  private static let largePage = 2 << 20

  private init(
    _ mapping: UnsafeMutableRawPointer, length: Int, start: UnsafeMutableRawPointer, count: Int
  ) {
    self.mapping = mapping
    self.length = length
    self.start = start
    self.count = count
  }

  static func allocate(_ bytes: Int) throws(Status) -> LargeMemory {
    // A large page is touched as a whole: a rest of less than half of one stays in small pages.
    let isLarge = bytes >= largePage / 2
    let extra = isLarge ? 2 * largePage : 1
    let (length, overflow) = bytes.addingReportingOverflow(extra)
    let none = mtl_map_failed()
    guard !overflow,
      let mapping = mmap(
        nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      mapping != none
    else { throw Status(MTLRT_E_MEMORY, "not enough memory for \(bytes) bytes") }
    guard isLarge else {
      return LargeMemory(mapping, length: length, start: mapping, count: bytes)
    }
    let place = UInt(bitPattern: mapping)
    let page = UInt(largePage)
    let start = mapping + Int((page - place % page) % page)
    let large = (bytes + largePage / 2) / largePage
    madvise(start, large * largePage, MADV_HUGEPAGE)
    return LargeMemory(mapping, length: length, start: start, count: bytes)
  }

  deinit { munmap(mapping, length) }
}
