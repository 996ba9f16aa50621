/// A closed polygon. Garments are drawn in a square from -1 to 1, y downwards, and then moved to
/// their place in an image.
struct Outline {
  var points: [SIMD2<Float>]

  init(_ points: [SIMD2<Float>]) { self.points = points }

  /// A right half from top to bottom, and its mirror image on the left.
  init(mirrored half: [SIMD2<Float>]) {
    points = half + half.reversed().map { SIMD2(-$0.x, $0.y) }
  }

  /// An ellipse.
  init(center: SIMD2<Float>, radii: SIMD2<Float>) {
    points = (0..<24).map { step in
      let angle = Float(step) * 2 * .pi / 24
      return center + radii * SIMD2(cosine(angle), sine(angle))
    }
  }

  /// Every point moved by up to `amount` in each direction.
  func jittered(_ amount: Double, _ random: inout Random) -> Outline {
    Outline(
      points.map { point in
        let x = random.uniform(-amount, amount)
        return point + SIMD2(Float(x), Float(random.uniform(-amount, amount)))
      })
  }

  /// Corners cut off, twice (Chaikin, 1974).
  var rounded: Outline {
    var result = points
    for _ in 0..<2 {
      result = result.indices.flatMap { i in
        let (a, b) = (result[i], result[(i + 1) % result.count])
        return [a * 0.75 + b * 0.25, a * 0.25 + b * 0.75]
      }
    }
    return Outline(result)
  }

  func placed(_ placement: Placement) -> Outline { Outline(points.map(placement.apply)) }
}

/// From the square of a garment to pixels.
struct Placement {
  var center: SIMD2<Float>
  var scale: SIMD2<Float>
  /// In radians.
  var rotation: Float

  func apply(_ point: SIMD2<Float>) -> SIMD2<Float> {
    let p = point * scale
    let (c, s) = (cosine(rotation), sine(rotation))
    return center + SIMD2(p.x * c - p.y * s, p.x * s + p.y * c)
  }
}
