/// One generated photograph: a garment before a background, with light, folds and things that get
/// in the way.
struct SampleScene {
  private var random: Random
  private var canvas: Canvas
  private let kind: GarmentKind
  private let shade: Color

  init(_ color: GarmentColor, _ kind: GarmentKind, random: Random) {
    self.random = random
    self.kind = kind
    shade = color.shade(&self.random)
    let long = self.random.uniform(150, 240)
    let ratio = self.random.uniform(0.62, 1.05)
    canvas = Canvas(width: Int(long * ratio), height: Int(long))
  }

  var width: Int { canvas.width }
  var height: Int { canvas.height }

  /// The picture as RGB8.
  mutating func draw() -> [UInt8] {
    drawBackground()
    let placement = place()
    if random.unit() < 0.5 { drawWearer(placement) }
    drawGarment(placement)
    drawObstacles()
    return canvas.bytes(noise: Float(random.uniform(0.005, 0.06)), &random)
  }

  private var size: Float { Float(min(canvas.width, canvas.height)) }

  private mutating func number(_ low: Double, _ high: Double) -> Float {
    Float(random.uniform(low, high))
  }

  private mutating func point() -> SIMD2<Float> {
    let x = number(0, Double(canvas.width))
    return SIMD2(x, number(0, Double(canvas.height)))
  }

  /// Any color that the garment stands out from.
  private mutating func backgroundColor() -> Color {
    while true {
      let color = random.unit() < 0.35 ? Color(repeating: number(0.7, 1)) : Color.any(&random)
      if color.difference(shade) > 0.25 { return color }
    }
  }

  private mutating func paint(_ color: Color, patterned chance: Double) -> Paint {
    var paint = Paint(color)
    paint.light = SIMD2(number(-0.35, 0.35), number(-0.35, 0.35))
    guard random.unit() < chance else { return paint }
    paint.pattern = Paint.Pattern.allCases[1 + random.below(Paint.Pattern.allCases.count - 1)]
    paint.second = color * number(0.7, 1.3)
    paint.size = number(3, 16)
    paint.angle = number(0, 3.14)
    return paint
  }

  private mutating func drawBackground() {
    let base = backgroundColor()
    canvas.fill(paint(base, patterned: 0.3))
    if random.unit() < 0.4 {
      // A floor.
      let height = Float(canvas.height) * number(0.6, 0.95)
      let (right, bottom) = (Float(canvas.width), Float(canvas.height))
      canvas.fill(
        Outline([
          SIMD2(0, height), SIMD2(right, height + number(-20, 20)), SIMD2(right, bottom),
          SIMD2(0, bottom),
        ]), paint(backgroundColor(), patterned: 0.3))
    }
    guard random.unit() < 0.5 else { return }
    for _ in 0..<3 + random.below(9) { drawClutter(backgroundColor(), largest: 0.35) }
  }

  /// A shape of no meaning anywhere in the picture.
  private mutating func drawClutter(_ color: Color, largest: Double) {
    let center = point()
    let radii = SIMD2(number(0.03, largest), number(0.03, largest)) * size
    let corners = 3 + random.below(4)
    let start = number(0, 6.28)
    var outline = Outline(
      (0..<corners).map { corner in
        let angle = start + Float(corner) * 2 * .pi / Float(corners)
        return center + radii * SIMD2(cosine(angle), sine(angle))
      })
    if random.unit() < 0.5 { outline = outline.rounded }
    canvas.fill(outline, paint(color, patterned: 0.3))
  }

  private mutating func place() -> Placement {
    let scale = size * number(0.36, 0.5)
    let free = SIMD2(Float(canvas.width), Float(canvas.height)) * 0.5 - SIMD2(repeating: scale)
    let shift = SIMD2(number(-1, 1), number(-1, 1))
    let room = SIMD2(max(abs(free.x) * 0.6, size * 0.06), max(abs(free.y) * 0.6, size * 0.06))
    return Placement(
      center: SIMD2(Float(canvas.width), Float(canvas.height)) * 0.5 + shift * room,
      scale: SIMD2(scale * number(0.85, 1.15), scale * number(0.92, 1.15)),
      rotation: number(-0.22, 0.22))
  }

  /// Head, arms and legs of somebody.
  private mutating func drawWearer(_ placement: Placement) {
    let skin = paint(
      .hsv(random.uniform(15, 35), random.uniform(0.25, 0.6), random.uniform(0.35, 0.95)),
      patterned: 0)
    func limb(_ points: [(Double, Double)]) -> Outline {
      Outline(points.map { SIMD2(Float($0.0), Float($0.1)) }).placed(placement)
    }
    if kind == .jeans {
      canvas.fill(limb([(-0.27, -1.4), (0.27, -1.4), (0.26, -0.8), (-0.26, -0.8)]), skin)
      for side in [-1.0, 1.0] {
        canvas.fill(
          limb([(side * 0.1, 0), (side * 0.35, 0), (side * 0.3, 1.05), (side * 0.16, 1.05)]), skin)
      }
      return
    }
    canvas.fill(
      Outline(center: SIMD2(0, -1.08), radii: SIMD2(0.19, 0.25)).placed(placement), skin)
    canvas.fill(limb([(-0.1, -0.95), (0.1, -0.95), (0.14, -0.6), (-0.14, -0.6)]), skin)
    for side in [-1.0, 1.0] {
      canvas.fill(
        limb([
          (side * 0.25, -0.75), (side * 0.4, -0.7), (side * 0.62, 0.1), (side * 0.5, 0.15),
        ]), skin)
      guard kind == .dress else { continue }
      canvas.fill(
        limb([(side * 0.06, 0.3), (side * 0.24, 0.3), (side * 0.2, 1.3), (side * 0.1, 1.3)]), skin)
    }
  }

  private mutating func drawGarment(_ placement: Placement) {
    let cloth = paint(shade, patterned: 0.45)
    let outlines = kind.outlines(&random).map {
      $0.jittered(0.018, &random).rounded.placed(placement)
    }
    // A shadow, so that the parts stand out from each other and from the background.
    for outline in outlines.reversed() {
      let shadow = Outline(outline.points.map { $0 + SIMD2(size * 0.012, size * 0.012) })
      canvas.fill(shadow, Paint(.zero), opacity: 0.3)
      canvas.fill(outline, cloth)
    }
    drawDetails(placement, outlines[0])
    let depth = number(0.03, 0.2)
    let length = size * number(0.02, 0.06)
    let angle = number(-0.6, 0.6)
    let phase = number(0, 6)
    for outline in outlines {
      canvas.fold(outline, depth: depth, length: length, angle: angle, phase: phase)
    }
  }

  /// Seams, a belt, buttons, a print.
  private mutating func drawDetails(_ placement: Placement, _ body: Outline) {
    let seam = Paint(shade * (random.unit() < 0.5 ? number(0.5, 0.8) : number(1.2, 1.6)))
    func place(_ x: Float, _ y: Float) -> SIMD2<Float> { placement.apply(SIMD2(x, y)) }
    switch kind {
    case .jeans:
      canvas.stroke(from: place(0, -0.85), to: place(0, -0.3), thickness: 1.5, seam)
      if random.unit() < 0.7 {
        canvas.stroke(from: place(-0.27, -0.82), to: place(0.27, -0.82), thickness: 3, seam)
      }
    case .dress where random.unit() < 0.4:
      let belt = paint(.any(&random), patterned: 0)
      canvas.stroke(
        from: place(-0.2, -0.12), to: place(0.2, -0.12), thickness: size * number(0.01, 0.04), belt)
    case .shirt where random.unit() < 0.4:
      canvas.stroke(from: place(0, -0.6), to: place(0, 0.6), thickness: 1.5, seam)
    default:
      guard random.unit() < 0.4 else { return }
      let radii = SIMD2(number(0.06, 0.18), number(0.06, 0.18))
      canvas.fill(
        Outline(center: SIMD2(number(-0.08, 0.08), number(-0.35, 0.1)), radii: radii)
          .placed(placement), paint(.any(&random), patterned: 0.5))
    }
  }

  /// Small things before the garment.
  private mutating func drawObstacles() {
    guard random.unit() < 0.4 else { return }
    for _ in 0..<1 + random.below(2) { drawClutter(.any(&random), largest: 0.1) }
  }
}
