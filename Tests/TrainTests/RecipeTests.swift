import CMTL
import MTLTrain
import Testing

struct RecipeTests {
  @Test func referenceNetworkHasThePublishedSize() throws {
    let parameters = try NetworkKind.reference.make(6, 1).parameters
    #expect(parameters.reduce(0) { $0 + $1.count } == 9_177_550)
    #expect(parameters.filter { !$0.isTrained }.reduce(0) { $0 + $1.count } == 1_408)
  }

  @Test func learningRateDecays() {
    #expect(Recipe.reference.schedule.rate(at: 0, of: 0) == 0.01)
    #expect(abs(Recipe.reference.schedule.rate(at: 5000, of: 9) - 0.005) < 1e-12)
  }

  /// Up along a line, down along half a cosine to 0 at the last step.
  @Test func cosineRisesAndFalls() {
    let schedule = Recipe.Schedule.cosine(rate: 2, warmUp: 0.2)
    let rates = (0..<100).map { schedule.rate(at: UInt64($0), of: 100) }
    #expect(abs(rates[9] - 1) < 1e-12 && abs(rates[19] - 2) < 1e-12)
    #expect(abs(rates[59] - 1) < 1e-12 && abs(rates[99]) < 1e-12)
    for index in 0..<99 {
      let isRising = rates[index] < rates[index + 1]
      #expect(isRising == (index < 19))
    }
  }

  /// Matrices shrink, vectors do not.
  @Test func weightDecayIsForMatrices() throws {
    let parameters = [
      try Parameter(name: "w", dimensions: [1, 1], initial: 1),
      try Parameter(name: "b", dimensions: [1], initial: 1),
    ]
    try Adam(parameters).update(
      rate: 0.5, weightDecay: 0.1, step: 0, workers: Workers(threads: 1))
    #expect(abs(parameters[0].value.base[0] - 0.95) < 1e-6)
    #expect(parameters[1].value.base[0] == 1)
  }

  /// One rectangle of one color, in the part of the images that was asked for.
  @Test func erasingCoversARectangle() {
    var covered = 0
    for seed in 0..<400 {
      var random = Random(.check, UInt64(seed))
      var image = [Float](repeating: -1, count: 20 * 30 * 3)
      Augmentation.moderate.erase(&image, height: 20, width: 30, &random)
      let places = (0..<600).filter { image[$0 * 3] >= 0 }
      if places.isEmpty { continue }
      covered += 1
      let rows = Set(places.map { $0 / 30 })
      let columns = Set(places.map { $0 % 30 })
      #expect(places.count == rows.count * columns.count)
      #expect(rows.count <= 8 && columns.count <= 12)
      #expect(Set(places.map { image[$0 * 3] }).count == 1)
    }
    #expect(abs(covered - 100) < 35)
  }

  /// Each result is a mix of the channels along a rising curve: gray stays gray, equal pixels stay
  /// equal, and darker ones stay darker.
  @Test func colorMixKeepsShapes() {
    for seed in 0..<50 {
      var random = Random(.check, UInt64(seed))
      let mix = ColorMix(&random)
      let ramp = (0..<256).flatMap { [UInt8($0), UInt8($0), UInt8($0)] }
      var mixed = [UInt8](repeating: 0, count: ramp.count)
      mix.apply(ramp, count: 256, to: &mixed)
      for value in 0..<256 {
        let pixel = mixed[value * 3..<value * 3 + 3]
        #expect(Set(pixel).count == 1)
        if value > 0 { #expect(pixel.first! >= mixed[value * 3 - 3]) }
      }
      #expect(mixed[0] == 0 && mixed.last == 255)
    }
  }

  /// Three steps by hand, with the gradients 1, -2, 0.5 at a rate of 0.1.
  @Test func adamFollowsItsDefinition() throws {
    let parameter = try Parameter(name: "w", dimensions: [1], initial: 1)
    let adam = try Adam([parameter])
    let workers = Workers(threads: 1)
    var (w, m, v) = (1.0, 0.0, 0.0)
    for (index, gradient) in [1.0, -2.0, 0.5].enumerated() {
      parameter.gradient.base[0] = Float(gradient)
      adam.update(rate: 0.1, step: UInt64(index), workers: workers)
      let t = Double(index + 1)
      m = 0.9 * m + 0.1 * gradient
      v = 0.999 * v + 0.001 * gradient * gradient
      let rate = 0.1 * (1 - pow(0.999, t)).squareRoot() / (1 - pow(0.9, t))
      w -= rate * m / (v.squareRoot() + 1e-7)
      #expect(abs(Double(parameter.value.base[0]) - w) < 1e-6)
      // The first step is as long as the rate, whatever the gradient's size.
      if index == 0 { #expect(abs(w - 0.9) < 1e-6) }
    }
  }

  @Test func runningStatisticsAreLeftToTheLayer() throws {
    let adam = try Adam(NetworkKind.lean.make(4, 1).parameters)
    #expect(!adam.parameters.contains { !$0.isTrained })
  }

  @Test func affineMapsAreThoseOfKeras() {
    let quarter = AffineMap.rotation(.pi / 2).around(row: 1, column: 1)
    let turned = quarter.apply(row: 0, column: 1)
    #expect(abs(turned.row - 1) < 1e-12 && abs(turned.column - 0) < 1e-12)
    let mirrored = AffineMap.mirror(width: 8).apply(row: 3, column: 2)
    #expect(mirrored == (3, 5))
    // rotation * shift * shear * zoom about the center, multiplied out as 3x3 matrices.
    var random = Random(.check, 8)
    let map = Augmentation.reference.draw(height: 96, width: 64, &random)
    var again = Random(.check, 8)
    let expected = Self.matrix(&again, height: 96, width: 64)
    for (a, b) in zip([map.rr, map.rc, map.r, map.cr, map.cc, map.c], expected) {
      #expect(abs(a - b) < 1e-9)
    }
  }

  /// The two upper rows of Keras' matrix, for the numbers in the order in which we draw them.
  private static func matrix(_ random: inout Random, height: Int, width: Int) -> [Double] {
    func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
      (0..<3).map { i in
        (0..<3).map { j in (0..<3).reduce(0) { $0 + a[i][$1] * b[$1][j] } }
      }
    }
    let theta = random.uniform(-25, 25) * .pi / 180
    let tx = random.uniform(-0.1, 0.1) * Double(height)
    let ty = random.uniform(-0.1, 0.1) * Double(width)
    let shear = random.uniform(-0.2, 0.2) * .pi / 180
    let zx = random.uniform(0.8, 1.2)
    let zy = random.uniform(0.8, 1.2)
    let isFlipped = random.unit() < 0.5
    var m: [[Double]] = [[cos(theta), -sin(theta), 0], [sin(theta), cos(theta), 0], [0, 0, 1]]
    m = product(m, [[1, 0, tx], [0, 1, ty], [0, 0, 1]])
    m = product(m, [[1, -sin(shear), 0], [0, cos(shear), 0], [0, 0, 1]])
    m = product(m, [[zx, 0, 0], [0, zy, 0], [0, 0, 1]])
    let (x, y) = (Double(height) / 2 - 0.5, Double(width) / 2 - 0.5)
    m = product([[1, 0, x], [0, 1, y], [0, 0, 1]], m)
    m = product(m, [[1, 0, -x], [0, 1, -y], [0, 0, 1]])
    if isFlipped { m = product(m, [[1, 0, 0], [0, -1, Double(width - 1)], [0, 0, 1]]) }
    return m[0] + m[1]
  }

  @Test func warpInterpolatesAndFillsWithTheEdge() {
    let image: [UInt8] = [0, 10, 20, 100, 110, 120, 200, 210, 220, 255, 0, 255]  // 2 x 2
    var result = [Float](repeating: -1, count: 12)
    Warp.draw(image, height: 2, width: 2, through: .identity, into: &result)
    for (a, b) in zip(result, image) { #expect(abs(a * 255 - Float(b)) < 1e-4) }
    Warp.draw(
      image, height: 2, width: 2, through: .shift(rows: 0.5, columns: 0.25), into: &result)
    #expect(abs(result[0] * 255 - ((0 * 0.75 + 100 * 0.25) + (200 * 0.75 + 255 * 0.25)) / 2) < 1e-3)
    Warp.draw(image, height: 2, width: 2, through: .shift(rows: -9, columns: 9), into: &result)
    for pixel in 0..<4 { #expect(abs(result[pixel * 3] * 255 - 100) < 1e-4) }
  }

  @Test func randomNumbersDependOnTheKeyAlone() {
    var (a, b, c) = (Random(.order, 1, 2), Random(.order, 1, 2), Random(.order, 2, 1))
    #expect(a.next() == b.next())
    #expect(a.next() != c.next())
    #expect(a.permutation(50).sorted() == Array(0..<50))
  }
}
