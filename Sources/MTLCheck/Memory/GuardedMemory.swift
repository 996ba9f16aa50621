import CCheck
import CMTL

/// Memory of an exact size in front of a page, or behind one, that cannot be touched.
///
/// It is aligned to 64 bytes, as the contract promises, so that up to 63 bytes may lie between its
/// end and the page; those are watched for writes, and reads find NaN there.
final class GuardedMemory {
  enum Placement { case beforeGuard, afterGuard }

  let start: UnsafeMutableRawPointer
  let count: Int
  private let pages: GuardedPages
  private let slot: UInt32
  private let name: UnsafeMutablePointer<CChar>
  private var pattern = Poison.first

  nonisolated(unsafe) private static var idleSlots = Array(0..<UInt32(MTL_CHECK_BUFFERS_MAX))

  /// `name` is what a fault in it is blamed on.
  init(count: Int, _ placement: Placement, name: String) {
    pages = GuardedPages.take(count)
    self.count = count
    let aligned = (count + 63) / 64 * 64
    start = placement == .afterGuard ? pages.start : pages.start + pages.byteCount - aligned
    self.name = strdup(name)
    slot = Self.idleSlots.popLast() ?? UInt32(MTL_CHECK_BUFFERS_MAX)
    let page = GuardedPages.pageSize
    var note = mtl_check_buffer(
      name: self.name, mapping: UnsafeRawPointer(pages.start - page).assumingMemoryBound(
        to: CChar.self),
      start: UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self),
      mapped: pages.byteCount + 2 * page, count: count)
    mtl_check_watch(slot, &note)
    poison(.first)
  }

  deinit {
    var note = mtl_check_buffer()
    mtl_check_watch(slot, &note)
    if slot < UInt32(MTL_CHECK_BUFFERS_MAX) { Self.idleSlots.append(slot) }
    free(name)
    GuardedPages.giveBack(pages)
  }

  /// Fills everything, the bytes around the buffer included.
  func poison(_ pattern: Poison) {
    self.pattern = pattern
    pages.start.initializeMemory(
      as: UInt32.self, repeating: pattern.rawValue, count: pages.byteCount / 4)
  }

  func setWritable(_ on: Bool) { pages.setWritable(on) }

  func copy(_ bytes: UnsafeRawBufferPointer) {
    if let source = bytes.baseAddress { start.copyMemory(from: source, byteCount: bytes.count) }
  }

  /// Whether nobody wrote to the bytes around the buffer.
  var isIntact: Bool {
    isPoison(pages.start, start) && isPoison(start + count, pages.start + pages.byteCount)
  }

  private func isPoison(_ first: UnsafeMutableRawPointer, _ end: UnsafeMutableRawPointer) -> Bool {
    var next = first
    while next < end {
      let index = UInt32((next - pages.start) & 3)
      let wanted = UInt8(truncatingIfNeeded: pattern.rawValue >> (8 * index))
      if next.load(as: UInt8.self) != wanted { return false }
      next += 1
    }
    return true
  }

  /// As f32; `count` is a multiple of 4.
  var floats: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableRawBufferPointer(start: start, count: count).bindMemory(to: Float.self)
  }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
}

/// What memory holds before anybody wrote to it: a NaN that no arithmetic makes.
enum Poison: UInt32 {
  case first = 0x7FC5_A5A5
  case second = 0x7FC3_C3C3

  /// The index of the first element that is still as it was.
  func firstUnwritten(_ floats: UnsafeMutableBufferPointer<Float>) -> Int? {
    floats.firstIndex { $0.bitPattern == rawValue }
  }
}
