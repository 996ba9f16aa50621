/// How much of each pixel lies inside a polygon, by the even-odd rule: exact along a row, four
/// samples down a pixel.
struct Coverage {
  /// Rows that the polygon may touch.
  let rows: Range<Int>
  private let width: Int
  private var shares: [Float]

  private static let samples = 4

  init(_ outline: Outline, width: Int, height: Int) {
    let ys = outline.points.map { $0.y }
    let top = max(0, Int((ys.min() ?? 0).rounded(.down)))
    let bottom = min(height, Int((ys.max() ?? 0).rounded(.up)) + 1)
    rows = top..<max(top, bottom)
    self.width = width
    shares = [Float](repeating: 0, count: rows.count * width)
    for y in rows {
      for sample in 0..<Self.samples {
        let place = Float(y) + (Float(sample) + 0.5) / Float(Self.samples)
        let crossings = Coverage.crossings(outline.points, at: place)
        for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
          add(from: crossings[pair], to: crossings[pair + 1], row: y - rows.lowerBound)
        }
      }
    }
  }

  subscript(x: Int, y: Int) -> Float { shares[(y - rows.lowerBound) * width + x] }

  /// Where the polygon's edges cross the height `y`, ascending.
  private static func crossings(_ points: [SIMD2<Float>], at y: Float) -> [Float] {
    var crossings: [Float] = []
    for i in points.indices {
      let (a, b) = (points[i], points[(i + 1) % points.count])
      if (a.y <= y) != (b.y <= y) {
        crossings.append(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x))
      }
    }
    return crossings.sorted()
  }

  /// Adds one sample's span of a row.
  private mutating func add(from left: Float, to right: Float, row: Int) {
    let (left, right) = (max(left, 0), min(right, Float(width)))
    if left >= right { return }
    for x in Int(left)..<min(width, Int(right.rounded(.up))) {
      let covered = min(right, Float(x + 1)) - max(left, Float(x))
      shares[row * width + x] += covered / Float(Self.samples)
    }
  }
}
