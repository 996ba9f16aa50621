/// Bytes of a file that is not trusted: every read is checked and nil beyond the end.
struct BoundedBytes {
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var count: Int { bytes.count }

  func byte(_ offset: Int) -> UInt8? {
    offset >= 0 && offset < bytes.count ? bytes[offset] : nil
  }

  func uint16(_ offset: Int, bigEndian: Bool) -> UInt16? {
    guard let a = byte(offset), let b = byte(offset + 1) else { return nil }
    return bigEndian ? UInt16(a) << 8 | UInt16(b) : UInt16(b) << 8 | UInt16(a)
  }

  func uint32(_ offset: Int, bigEndian: Bool) -> UInt32? {
    guard let a = uint16(offset, bigEndian: bigEndian),
      let b = uint16(offset + 2, bigEndian: bigEndian)
    else { return nil }
    return bigEndian ? UInt32(a) << 16 | UInt32(b) : UInt32(b) << 16 | UInt32(a)
  }

  /// Whether these characters stand at `offset`.
  func holds(_ text: StaticString, at offset: Int) -> Bool {
    let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    for (index, character) in wanted.enumerated() {
      guard byte(offset + index) == character else { return false }
    }
    return true
  }

  /// `count` bytes from `offset`, or nil where they are not all there.
  func part(_ offset: Int, count: Int) -> BoundedBytes? {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
      return nil
    }
    return BoundedBytes(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]))
  }
}
