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

  init(_ bytes: Int) throws(Status) {
    // A large page is touched as a whole: a rest of less than half of one stays in small pages.
    let isLarge = bytes >= Self.largePage / 2
    let extra = isLarge ? 2 * Self.largePage : 1
    let (length, overflow) = bytes.addingReportingOverflow(extra)
    let none = mtl_map_failed()
    guard !overflow,
      let mapping = mmap(
        nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      mapping != none
    else { throw Status(MTLRT_E_MEMORY, "not enough memory for \(bytes) bytes") }
    self.mapping = mapping
    count = bytes
    self.length = length
    guard isLarge else {
      start = mapping
      return
    }
    let place = UInt(bitPattern: mapping)
    let page = UInt(Self.largePage)
    start = mapping + Int((page - place % page) % page)
    let large = (bytes + Self.largePage / 2) / Self.largePage
    madvise(start, large * Self.largePage, MADV_HUGEPAGE)
  }

  deinit { munmap(mapping, length) }
}
