/// What can be worn, and what it looks like. Its square is from -1 to 1, y downwards.
enum GarmentKind: String, CaseIterable {
  case dress, jeans, shirt

  /// The outlines of a new piece; the first is its body.
  func outlines(_ random: inout Random) -> [Outline] {
    switch self {
    case .dress: GarmentKind.dress(&random)
    case .jeans: GarmentKind.jeans(&random)
    case .shirt: GarmentKind.shirt(&random)
    }
  }

  private static func p(_ x: Double, _ y: Double) -> SIMD2<Float> { SIMD2(Float(x), Float(y)) }

  private static func shirt(_ random: inout Random) -> [Outline] {
    let neck = random.uniform(0.1, 0.2)
    let depth = random.uniform(0.05, 0.3)
    let shoulder = random.uniform(0.38, 0.52)
    let waist = shoulder * random.uniform(0.78, 1.0)
    let hem = waist * random.uniform(0.95, 1.15)
    let bottom = random.uniform(0.55, 0.85)
    let body = Outline(mirrored: [
      p(0, -0.75 + depth), p(neck, -0.76), p(shoulder, -0.64), p(shoulder, -0.3),
      p(waist, 0.1), p(hem, bottom), p(0, bottom + random.uniform(-0.03, 0.06)),
    ])
    let length = random.unit() < 0.5 ? random.uniform(0.3, 0.45) : random.uniform(0.85, 1.15)
    return [body] + sleeves(
      shoulder: shoulder, length: length, width: random.uniform(0.2, 0.28), &random)
  }

  /// A left and a right one, at angles of their own.
  private static func sleeves(
    shoulder: Double, length: Double, width: Double, _ random: inout Random
  ) -> [Outline] {
    let spread = random.uniform(0.15, 1.0)
    return [-1.0, 1.0].map { side in
      let angle = Float(spread + random.uniform(-0.12, 0.12))
      let down = SIMD2<Float>(sine(angle), cosine(angle))
      let across = SIMD2<Float>(cosine(angle), -sine(angle))
      let top = p(shoulder - 0.08, -0.68)
      let (long, wide) = (Float(length), Float(width))
      let cuff = wide * Float(random.uniform(0.6, 1.0))
      let end: SIMD2<Float> = top + down * long
      let outer: SIMD2<Float> = top + across * (wide * 0.4) + down * (wide * 0.3)
      let inner: SIMD2<Float> = top - across * (wide * 0.8) + down * (wide * 1.4)
      let points = [top, outer, end + across * (cuff * 0.4), end - across * (cuff * 0.6), inner]
      return Outline(points.map { SIMD2($0.x * Float(side), $0.y) })
    }
  }

  private static func dress(_ random: inout Random) -> [Outline] {
    let neck = random.uniform(0.1, 0.22)
    let depth = random.uniform(0.08, 0.35)
    let shoulder = random.uniform(0.24, 0.36)
    let waist = random.uniform(0.17, 0.26)
    let waistHeight = random.uniform(-0.25, 0.0)
    let bottom = random.uniform(0.55, 0.98)
    let hem = random.uniform(0.32, 0.75)
    let body = Outline(mirrored: [
      p(0, -0.85 + depth), p(neck, -0.88), p(shoulder, -0.84), p(shoulder * 0.9, -0.55),
      p(waist, waistHeight), p(waist + (hem - waist) * 0.5, (waistHeight + bottom) * 0.5),
      p(hem, bottom), p(0, bottom + random.uniform(0, 0.08)),
    ])
    if random.unit() < 0.45 { return [body] }
    let length = random.unit() < 0.6 ? random.uniform(0.2, 0.4) : random.uniform(0.7, 0.95)
    let sleeves = sleeves(
      shoulder: shoulder, length: length, width: random.uniform(0.14, 0.2), &random)
    return [body] + sleeves.map { Outline($0.points.map { $0 - SIMD2(0, 0.12) }) }
  }

  private static func jeans(_ random: inout Random) -> [Outline] {
    let waist = random.uniform(0.24, 0.34)
    let hip = waist * random.uniform(1.1, 1.3)
    let spread = random.uniform(0.02, 0.3)
    let cuff = random.uniform(0.13, 0.3)
    let bottom = random.unit() < 0.25 ? random.uniform(0.1, 0.4) : random.uniform(0.75, 0.95)
    let crotch = random.uniform(-0.35, -0.2)
    let knee = (crotch + bottom) / 2
    let body = Outline(mirrored: [
      p(0, -0.88), p(waist, -0.9), p(hip, -0.5),
      p((hip + spread + cuff) / 2 + 0.02, knee), p(spread + cuff, bottom), p(spread, bottom),
      p(spread * 0.5 + 0.02, knee), p(0.015, crotch),
    ])
    return [body]
  }
}
