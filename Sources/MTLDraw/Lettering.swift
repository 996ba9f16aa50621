/// Text in one size.
struct Lettering {
  /// Height of capitals in pixels.
  let size: Float

  /// Pixels by which a text may pass a limit that was added up in another order.
  static let tolerance: Float = 0.05

  private var unit: Float { size / Glyph.capHeight }
  private var thickness: Float { max(1.1, 1.2 * unit) }

  /// From the first to the last point of a text, in units of the grid.
  static func units(of text: String) -> Float {
    let glyphs = GlyphTable.glyphs(of: text)
    return glyphs.reduce(0) { $0 + $1.width } + Glyph.gap * Float(max(0, glyphs.count - 1))
  }

  /// Pixels that a text of so many units takes, the pen's thickness included.
  func pixels(_ units: Float) -> Float { units * unit + thickness }

  /// Draws with the left end of the base line at (x, baseline).
  func draw(_ text: String, on canvas: Canvas, x: Float, baseline: Float, _ color: Canvas.Color) {
    var left = x + thickness / 2
    for glyph in GlyphTable.glyphs(of: text) {
      for stroke in glyph.strokes {
        let points = stroke.map {
          Glyph.Point(x: left + $0.x * unit, y: baseline + ($0.y - Glyph.capHeight) * unit)
        }
        canvas.stroke(points, thickness: thickness, color)
      }
      left += (glyph.width + Glyph.gap) * unit
    }
  }

  /// The text, or as much of its beginning as fits, with two dots for the rest.
  func shortened(_ text: String, to limit: Float) -> String {
    guard pixels(Self.units(of: text)) > limit + Self.tolerance else { return text }
    var kept = ""
    for scalar in text.unicodeScalars {
      var longer = kept
      longer.unicodeScalars.append(scalar)
      if pixels(Self.units(of: longer + "..")) > limit + Self.tolerance { break }
      kept = longer
    }
    return kept.utf8.isEmpty ? "" : kept + ".."
  }
}
