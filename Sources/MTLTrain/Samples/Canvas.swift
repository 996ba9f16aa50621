/// A picture under construction.
struct Canvas {
  let width: Int
  let height: Int
  private(set) var colors: [Color]

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    colors = [Color](repeating: .zero, count: width * height)
  }

  private var center: SIMD2<Float> { SIMD2(Float(width), Float(height)) / 2 }
  private var extent: Float { Float(max(width, height)) }

  mutating func fill(_ paint: Paint) {
    for y in 0..<height {
      for x in 0..<width {
        colors[y * width + x] = paint.color(
          at: SIMD2(Float(x), Float(y)), center: center, extent: extent)
      }
    }
  }

  /// Fills the inside of `outline` (even-odd), with soft edges.
  mutating func fill(_ outline: Outline, _ paint: Paint, opacity: Float = 1) {
    let coverage = Coverage(outline, width: width, height: height)
    for y in coverage.rows {
      for x in 0..<width {
        let share = coverage[x, y] * opacity
        if share <= 0 { continue }
        let color = paint.color(at: SIMD2(Float(x), Float(y)), center: center, extent: extent)
        colors[y * width + x] += (color - colors[y * width + x]) * share
      }
    }
  }

  /// Multiplies brightness inside `outline` by waves: the folds of cloth.
  mutating func fold(_ outline: Outline, depth: Float, length: Float, angle: Float, phase: Float) {
    let coverage = Coverage(outline, width: width, height: height)
    for y in coverage.rows {
      for x in 0..<width where coverage[x, y] > 0 {
        let along = Float(x) * cosine(angle) + Float(y) * sine(angle)
        let wave = sine(along / length + phase + sine(Float(y) / (2 * length)))
        colors[y * width + x] *= 1 + depth * wave * coverage[x, y]
      }
    }
  }

  /// A line of `thickness` pixels.
  mutating func stroke(
    from a: SIMD2<Float>, to b: SIMD2<Float>, thickness: Float, _ paint: Paint,
    opacity: Float = 1
  ) {
    let d = b - a
    let length = max((d * d).sum().squareRoot(), 1e-3)
    let side = SIMD2(-d.y, d.x) / length * (thickness / 2)
    fill(Outline([a + side, b + side, b - side, a - side]), paint, opacity: opacity)
  }

  /// The pixels as RGB8, with noise of this deviation.
  func bytes(noise: Float, _ random: inout Random) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(colors.count * 3)
    for color in colors {
      // The sum of four uniform numbers is near enough to normal.
      let bits = random.next()
      var sum: Float = 0
      for part in 0..<4 { sum += Float((bits >> UInt64(16 * part)) & 0xFFFF) / 65536 - 0.5 }
      let value = (color + noise * sum * 1.7).clamped(lowerBound: .zero, upperBound: .one)
      for channel in 0..<3 { bytes.append(UInt8(value[channel] * 255 + 0.5)) }
    }
    return bytes
  }
}
