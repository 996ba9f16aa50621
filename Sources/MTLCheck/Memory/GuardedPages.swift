import CCheck
import CMTL

/// Pages between two that cannot be touched. Those that are let go of are used again.
final class GuardedPages {
  static let pageSize = 4096

  /// The first page that can be touched.
  let start: UnsafeMutableRawPointer
  let byteCount: Int
  private var isWritable = true

  nonisolated(unsafe) private static var idle: [Int: [GuardedPages]] = [:]

  /// At least one page, for `count` bytes.
  static func take(_ count: Int) -> GuardedPages {
    let bytes = (max(count, 1) + pageSize - 1) / pageSize * pageSize
    if let pages = idle[bytes]?.popLast() {
      pages.setWritable(true)
      return pages
    }
    return GuardedPages(bytes)
  }

  static func giveBack(_ pages: GuardedPages) { idle[pages.byteCount, default: []].append(pages) }

  private init(_ bytes: Int) {
    let whole = bytes + 2 * Self.pageSize
    let mapping = mmap(nil, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapping, mapping != mtl_map_failed(),
      mprotect(mapping + Self.pageSize, bytes, PROT_READ | PROT_WRITE) == 0
    else { fatalError("no memory for a buffer of \(bytes) bytes") }
    start = mapping + Self.pageSize
    byteCount = bytes
  }

  func setWritable(_ on: Bool) {
    guard on != isWritable else { return }
    mprotect(start, byteCount, on ? PROT_READ | PROT_WRITE : PROT_READ)
    isWritable = on
  }
}
