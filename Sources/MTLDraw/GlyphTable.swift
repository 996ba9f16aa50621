/// The drawn characters and what stands in for the others.
enum GlyphTable {
  /// A character that is not drawn shows as an empty box.
  static let box = Glyph("0a4a4i0i0a")

  private enum Shape {
    case drawing(Int), box, nothing
  }

  /// What stands for a character; a drawing by its place in `drawings`.
  private static func shape(_ scalar: Unicode.Scalar) -> Shape {
    switch scalar.value {
    case 0x20...0x7E: .drawing(Int(scalar.value) - 0x20)
    case 0xA0, 0x2000...0x200A, 0x202F: .drawing(0)
    case 0xC0...0x17F: .drawing(unaccented(scalar.value))
    case 0x2010...0x2015, 0x2212: .drawing(0x2D - 0x20)
    case 0x2018...0x201B, 0xB4: .drawing(0x27 - 0x20)
    case 0x201C...0x201F, 0xAB, 0xBB: .drawing(0x22 - 0x20)
    case 0xAD, 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: .nothing
    default: .box
    }
  }

  /// Whether each character of a text has a drawing or is left out.
  static func draws(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { if case .box = shape($0) { false } else { true } }
  }

  /// The glyphs of a text. Letters with accents lose them, and marks that combine are left out.
  static func glyphs(of text: String) -> [Glyph] {
    var glyphs: [Glyph] = []
    for scalar in text.unicodeScalars {
      switch shape(scalar) {
      case .drawing(let place): glyphs.append(Glyph(drawings[place]))
      case .box: glyphs.append(box)
      case .nothing: break
      }
    }
    return glyphs
  }

  private static func unaccented(_ value: UInt32) -> Int {
    letters.withUTF8Buffer { Int($0[Int(value) - 0xC0]) - 0x20 }
  }

  /// The plain letter for each of U+00C0 to U+017F.
  private static let letters: StaticString = """
    AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty\
    AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiJjJjKkkLlLlLlL\
    lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs
    """

  /// For each of U+0020 to U+007E.
  private static var drawings: [StaticString] { punctuation + digits + signs + capitals + more }

  private static let punctuation: [StaticString] = [
    "", "0a0f 0i0i", "0a0c 2a2c", "2a1i 5a4i 0c6c 0f6f", "4c3b1b0c0d1e3e4f4g3h1h0g 2a2i",
    "0b0c1d2c2b1a0b 6a0i 4g4h5i6h6g5f4g", "6i1c1b2a3a4b4c0f0h1i3i6e", "0a0c", "2a0c0g2i",
    "0a2c2g0i", "2b2f 0c4e 4c0e", "2c2g 0e4e", "1h0j", "0e3e", "0i0i", "4a0i",
  ]

  private static let digits: [StaticString] = [
    "1a3a4b4h3i1i0h0b1a", "0c2a2i 0i4i", "0b1a3a4b4d0i4i", "0b1a3a4b4d3e1e 3e4f4h3i1i0h",
    "3i3a0g4g", "4a0a0d3d4e4h3i1i0h", "4b3a1a0b0h1i3i4h4e3d1d0e", "0a4a1i",
    "1e0d0b1a3a4b4d3e1e0f0h1i3i4h4f3e", "4d3e1e0d0b1a3a4b4h3i1i0h",
  ]

  private static let signs: [StaticString] = [
    "0e0e 0i0i", "1e1e 1h0j", "4b0e4h", "0d4d 0f4f", "0b4e0h", "0b1a3a4b4c2e2f 2i2i",
    "4f4d2d2f4f5f6e6c4a2a0c0g2i5i",
  ]

  private static let capitals: [StaticString] = [
    "0i3a6i 1f5f", "0e4e5f5h4i0i0a4a5b5d4e", "6c4a2a0c0g2i4i6g", "0a0i4i6g6c4a0a", "5a0a0i5i 0e4e",
    "5a0a0i 0e4e", "6c4a2a0c0g2i4i6g6e3e", "0a0i 6a6i 0e6e", "0a2a 1a1i 0i2i", "4a4g3i1i0g",
    "0a0i 5a0f 2d5i", "0a0i5i", "0i0a3e6a6i", "0i0a6i6a", "2a4a6c6g4i2i0g0c2a", "0i0a4a5b5d4e0e",
    "2a4a6c6g4i2i0g0c2a 4g6i", "0i0a4a5b5d4e0e 3e5i", "5b4a1a0b0d1e4e5f5h4i1i0h", "0a6a 3a3i",
    "0a0g2i4i6g6a", "0a3i6a", "0a2i4b6i8a", "0a6i 6a0i", "0a3e6a 3e3i", "0a6a0i6i",
  ]

  private static let more: [StaticString] = [
    "2a0a0i2i", "0a4i", "0a2a2i0i", "0c2a4c", "0j4j", "0a1b",
    "4d4i 4e3d1d0e0h1i3i4h", "0a0i 0e1d3d4e4h3i1i0h", "4e3d1d0e0h1i3i4h",
    "4a4i 4e3d1d0e0h1i3i4h", "0f4f4e3d1d0e0h1i3i4h", "3a2a1b1i 0d3d",
    "4d4j3k1k0j 4e3d1d0e0h1i3i4h", "0a0i 0e1d3d4e4i", "0d0i 0b0b", "1d1j0k 1b1b",
    "0a0i 4d0g 1f4i", "0a0h1i", "0d0i 0e1d2d3e3i 3e4d5d6e6i", "0d0i 0e1d3d4e4i",
    "1d3d4e4h3i1i0h0e1d", "0d0k 0e1d3d4e4h3i1i0h", "4d4k 4e3d1d0e0h1i3i4h", "0d0i 0f2d3d",
    "4e3d1d0e1f3f4g4h3i1i0h", "1b1h2i3i 0d3d", "0d0h1i3i4h 4d4i", "0d2i4d", "0d2i3e4i6d",
    "0d4i 4d0i", "0d2i 4d1k0k", "0d4d0i4i", "3a2a1b1d0e1f1h2i3i", "0a0j", "0a1a2b2d3e2f2h1i0i",
    "0f1e3f4e",
  ]
}
