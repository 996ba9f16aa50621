import CCheck
import CMTL

/// Pages between two that cannot be touched. Those that are let go of cannot be touched until they
/// are used again.
final class GuardedPages {
  static let pageSize = 4096

  /// The first page that can be touched.
  let start: UnsafeMutableRawPointer
  let byteCount: Int
  private var protection = PROT_READ | PROT_WRITE

  /// Of the smaller blocks so many rest before the first of them is used again, so that a pointer
  /// that was kept meets a page that cannot be touched.
  private static let (restedBytes, restedCount) = (16 * pageSize, 32)

  nonisolated(unsafe) private static var idle: [Int: [GuardedPages]] = [:]

  /// At least one page, for `count` bytes.
  static func take(_ count: Int) -> GuardedPages {
    let bytes = (max(count, 1) + pageSize - 1) / pageSize * pageSize
    let rest = bytes <= restedBytes ? restedCount : 0
    if idle[bytes, default: []].count > rest {
      let pages = idle[bytes]!.removeFirst()
      pages.protect(PROT_READ | PROT_WRITE)
      return pages
    }
    return GuardedPages(bytes)
  }

  static func giveBack(_ pages: GuardedPages) {
    pages.protect(PROT_NONE)
    idle[pages.byteCount, default: []].append(pages)
  }

  private init(_ bytes: Int) {
    let whole = bytes + 2 * Self.pageSize
    let mapping = mmap(nil, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapping, mapping != mtl_map_failed(),
      mprotect(mapping + Self.pageSize, bytes, PROT_READ | PROT_WRITE) == 0
    else { fatalError("no memory for a buffer of \(bytes) bytes") }
    start = mapping + Self.pageSize
    byteCount = bytes
  }

  func setWritable(_ on: Bool) { protect(on ? PROT_READ | PROT_WRITE : PROT_READ) }

  private func protect(_ wanted: Int32) {
    guard wanted != protection else { return }
    mprotect(start, byteCount, wanted)
    protection = wanted
  }
}
