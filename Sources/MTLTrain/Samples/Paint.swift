/// A color, red, green and blue from 0 to 1, not gamma-corrected.
typealias Color = SIMD3<Float>

extension Color {
  /// Hue in degrees, saturation and value from 0 to 1.
  static func hsv(_ hue: Double, _ saturation: Double, _ value: Double) -> Color {
    let sector = (hue - (hue / 360).rounded(.down) * 360) / 60
    func part(_ offset: Double) -> Float {
      let place = (sector + offset).truncatingRemainder(dividingBy: 6)
      let level = Swift.max(0, Swift.min(place, 4 - place, 1))
      return Float(value * (1 - saturation * level))
    }
    return Color(part(5), part(3), part(1))
  }

  /// Any color at all.
  static func any(_ random: inout Random) -> Color {
    .hsv(random.uniform(0, 360), random.uniform(0, 1), random.uniform(0.05, 1))
  }

  /// Largest difference of a channel.
  func difference(_ other: Color) -> Float {
    let d = self - other
    return Swift.max(abs(d.x), abs(d.y), abs(d.z))
  }
}

/// What a surface looks like at each place: a color with a pattern and light on it.
struct Paint {
  enum Pattern: CaseIterable {
    case plain, stripes, checks, dots, waves
  }

  var color: Color
  var pattern = Pattern.plain
  /// What the pattern alternates with.
  var second: Color
  /// Width of the pattern in pixels, and its direction in radians.
  var size: Float = 8
  var angle: Float = 0
  /// Change of brightness across the image to the right and downwards.
  var light = SIMD2<Float>(0, 0)

  init(_ color: Color) {
    self.color = color
    second = color
  }

  /// The color at `(x, y)`, in pixels from `center` of an image that is `extent` pixels large.
  func color(at place: SIMD2<Float>, center: SIMD2<Float>, extent: Float) -> Color {
    let offset = place - center
    let along = offset.x * cosine(angle) + offset.y * sine(angle)
    let across = offset.y * cosine(angle) - offset.x * sine(angle)
    let share = share(along / size, across / size)
    let base = color + (second - color) * share
    let brightness = 1 + (offset * light).sum() / extent
    return base * max(brightness, 0)
  }

  /// How much of the second color.
  private func share(_ u: Float, _ v: Float) -> Float {
    func isOdd(_ value: Float) -> Bool { Int(value.rounded(.down)) & 1 != 0 }
    switch pattern {
    case .plain: return 0
    case .stripes: return isOdd(u) ? 1 : 0
    case .checks: return isOdd(u) != isOdd(v) ? 1 : 0
    case .dots:
      let (a, b) = (u - u.rounded(), v - v.rounded())
      return a * a + b * b < 0.07 ? 1 : 0
    case .waves: return 0.5 + 0.5 * sine(u * 2 + sine(v))
    }
  }
}
