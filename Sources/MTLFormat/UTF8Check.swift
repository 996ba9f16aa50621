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
      let first = bytes[position]
      guard let length = sequenceLength(first), bytes.count - position >= length else {
        return .malformed
      }
      if length == 1 {
        let isLine = first == 0x09 || first == 0x0A
        if first < 0x20 && !(isLine && allowsLines) || first == 0x7F { hasControl = true }
      } else {
        let second = bytes[position + 1]
        guard secondByteRange(first).contains(second) else { return .malformed }
        for index in 2..<max(length, 2) where bytes[position + index] & 0xC0 != 0x80 {
          return .malformed
        }
        if first == 0xC2 && second < 0xA0 { hasControl = true }
      }
      position += length
    }
    return hasControl ? .control : .fine
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
