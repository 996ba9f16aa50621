/// Strict UTF-8 (RFC 3629): shortest form, no surrogates, nothing above U+10FFFF. The standard
/// library's validation is not used: its Unicode tables would come along into the library.
enum UTF8Check {
  enum Finding {
    case fine, malformed, control
  }

  /// Whether `bytes` are UTF-8, and without control characters (U+0000 to U+001F, U+007F to
  /// U+009F). `allowsLines` lets tab and line feed pass.
  static func check(_ bytes: UnsafeRawBufferPointer, allowsLines: Bool) -> Finding {
    var position = 0
    var hasControl = false
    while position < bytes.count {
      guard let length = character(in: bytes, at: position) else { return .malformed }
      let first = bytes[position]
      if length == 1 {
        let isLine = first == 0x09 || first == 0x0A
        if first < 0x20 && !(isLine && allowsLines) || first == 0x7F { hasControl = true }
      } else if first == 0xC2 && bytes[position + 1] < 0xA0 {
        hasControl = true
      }
      position += length
    }
    return hasControl ? .control : .fine
  }

  /// Bytes of the character that begins at `position`; nil if none does.
  static func character(in bytes: UnsafeRawBufferPointer, at position: Int) -> Int? {
    let first = bytes[position]
    guard let length = sequenceLength(first), bytes.count - position >= length else { return nil }
    guard length > 1 else { return 1 }
    guard secondByteRange(first).contains(bytes[position + 1]) else { return nil }
    for index in 2..<max(length, 2) where bytes[position + index] & 0xC0 != 0x80 { return nil }
    return length
  }

  private static func sequenceLength(_ first: UInt8) -> Int? {
    switch first {
    case 0x00...0x7F: 1
    case 0xC2...0xDF: 2
    case 0xE0...0xEF: 3
    case 0xF0...0xF4: 4
    default: nil
    }
  }

  /// What may follow `first`: narrower where it excludes longer forms, surrogates and the rest.
  private static func secondByteRange(_ first: UInt8) -> ClosedRange<UInt8> {
    switch first {
    case 0xE0: 0xA0...0xBF
    case 0xED: 0x80...0x9F
    case 0xF0: 0x90...0xBF
    case 0xF4: 0x80...0x8F
    default: 0x80...0xBF
    }
  }
}

/// Copies whole characters as far as there is room; returns their bytes. What is not UTF-8, as in
/// the name of a file, becomes U+FFFD, byte by byte.
func copyUTF8(
  _ source: UnsafeBufferPointer<UInt8>, to room: UnsafeMutableBufferPointer<UInt8>
) -> Int {
  let bytes = UnsafeRawBufferPointer(source)
  var (position, end) = (0, 0)
  func append(_ byte: UInt8) {
    room[end] = byte
    end += 1
  }
  while position < bytes.count {
    let length = UTF8Check.character(in: bytes, at: position)
    guard room.count - end >= length ?? 3 else { break }
    if let length {
      for index in 0..<length { append(bytes[position + index]) }
    } else {
      append(0xEF)
      append(0xBF)
      append(0xBD)
    }
    position += length ?? 1
  }
  return end
}

/// The same text as UTF-8: paths may have any bytes.
public func validUTF8(_ text: [UInt8]) -> [UInt8] {
  let finding = text.withUnsafeBytes { UTF8Check.check($0, allowsLines: true) }
  guard finding == .malformed else { return text }
  return [UInt8](unsafeUninitializedCapacity: 3 * text.count) { room, count in
    count = text.withUnsafeBufferPointer { copyUTF8($0, to: room) }
  }
}
