/// A character as pen strokes on a grid: capitals are 8 units high, small letters 5, and below the
/// base line there are 2 more.
struct Glyph {
  struct Point {
    var x, y: Float
  }

  /// Lines through these points, each drawn with a round pen; a point twice is a dot.
  let strokes: [[Point]]
  /// Units from the leftmost to the rightmost point.
  let width: Float

  /// Units of the grid.
  static let capHeight: Float = 8
  static let descent: Float = 2
  /// Space between two characters.
  static let gap: Float = 2.4

  /// A digit for x and a letter for y, `a` at the top of capitals and `i` on the base line; spaces
  /// part the strokes.
  init(_ drawing: StaticString) {
    var strokes: [[Point]] = [[]]
    var width: Float = 0
    let bytes = UnsafeBufferPointer(
      start: drawing.utf8Start, count: drawing.utf8CodeUnitCount)
    var x: Float = 0
    for byte in bytes {
      switch byte {
      case UInt8(ascii: " "): strokes.append([])
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        x = Float(byte - UInt8(ascii: "0"))
        width = max(width, x)
      default:
        strokes[strokes.count - 1].append(Point(x: x, y: Float(byte - UInt8(ascii: "a"))))
      }
    }
    self.strokes = strokes.filter { !$0.isEmpty }
    self.width = self.strokes.isEmpty ? Self.blankWidth : width
  }

  private static let blankWidth: Float = 2
}
