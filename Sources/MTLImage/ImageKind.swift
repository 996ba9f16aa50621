/// The formats that are decoded, told apart by their first bytes.
enum ImageKind {
  case jpeg, png, webp

  init?(_ bytes: UnsafeRawBufferPointer) {
    if Signature("FF D8 FF").matches(bytes) {
      self = .jpeg
    } else if Signature("89 50 4E 47 0D 0A 1A 0A").matches(bytes) {
      self = .png
    } else if Signature("52 49 46 46 .. .. .. .. 57 45 42 50").matches(bytes) {
      self = .webp
    } else {
      return nil
    }
  }

  /// What bytes of no such format seem to be, for a message: "a GIF"; nil for no idea.
  static func nameOfOther(_ bytes: UnsafeRawBufferPointer) -> StaticString? {
    for (name, signature) in others where signature.matches(bytes) { return name }
    return nil
  }

  private static var others: [(StaticString, Signature)] {
    [
      ("a GIF", Signature("47 49 46 38")),
      ("a BMP", Signature("42 4D .. .. .. .. 00 00 00 00")),
      ("a TIFF", Signature("49 49 2A 00")),
      ("a TIFF", Signature("4D 4D 00 2A")),
      ("an AVIF", Signature(".. .. .. .. 66 74 79 70 61 76 69")),
      ("a HEIC", Signature(".. .. .. .. 66 74 79 70 68 65 69")),
      ("a HEIC", Signature(".. .. .. .. 66 74 79 70 6D 69 66")),
      ("a JPEG XL", Signature("FF 0A")),
      ("a JPEG XL", Signature("00 00 00 0C 4A 58 4C 20")),
      ("a JPEG 2000", Signature("00 00 00 0C 6A 50 20 20")),
      ("a JPEG 2000", Signature("FF 4F FF 51")),
      ("a Photoshop document", Signature("38 42 50 53")),
      ("an icon", Signature("00 00 01 00")),
      ("a PDF", Signature("25 50 44 46")),
      ("an SVG", Signature("3C 73 76 67")),
      ("an XML text", Signature("3C 3F 78 6D 6C")),
      ("an HTML page", Signature("3C 21 44 4F 43")),
      ("an HTML page", Signature("3C 21 64 6F 63")),
      ("an HTML page", Signature("3C 68 74 6D 6C")),
    ]
  }
}

/// The first bytes by which a format is known.
private struct Signature {
  /// Two hexadecimal digits per byte and a space between; ".." is any byte.
  private let pattern: StaticString

  init(_ pattern: StaticString) { self.pattern = pattern }

  func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let text = UnsafeBufferPointer(start: pattern.utf8Start, count: pattern.utf8CodeUnitCount)
    let count = (text.count + 1) / 3
    guard bytes.count >= count else { return false }
    return (0..<count).allSatisfy { index in
      let (high, low) = (text[3 * index], text[3 * index + 1])
      return high == UInt8(ascii: ".") || bytes[index] == digit(high) << 4 | digit(low)
    }
  }

  private func digit(_ character: UInt8) -> UInt8 {
    character <= UInt8(ascii: "9")
      ? character - UInt8(ascii: "0") : character - UInt8(ascii: "A") + 10
  }
}
