/// Where along one axis each target pixel reads: half-pixel centers, so that target pixel `i` of
/// `m` stands at `(i + 0.5) * n / m - 0.5` among `n` source pixels.
struct ResizeAxis {
  let source: Int
  let target: ResizeSpan
  private let scale: Double

  init(source: Int, target: ResizeSpan) {
    self.source = source
    self.target = target
    scale = 1 / (Double(target.whole) / Double(source))
  }

  /// Two neighbouring source pixels and the weight of each in units of 1/2048.
  struct Pair {
    var first, second: Int
    var firstWeight, secondWeight: Int32
  }

  /// The neighbours of pixel `index` of the span, both clamped to the edge.
  ///
  /// Position and weights are rounded just as OpenCV's `resize` rounds them: the position in
  /// double, its fraction in float, weights to the nearest, ties to even.
  func linear(_ index: Int) -> Pair {
    let position = Float((Double(target.first + index) + 0.5) * scale - 0.5)
    let floor = position.rounded(.down)
    let fraction = position - floor
    let first = Int(floor)
    return Pair(
      first: clamped(first), second: clamped(first + 1),
      firstWeight: Int32(((1 - fraction) * 2048).rounded(.toNearestOrEven)),
      secondWeight: Int32((fraction * 2048).rounded(.toNearestOrEven)))
  }

  /// The source pixel in which the center of pixel `index` of the span lies.
  func nearest(_ index: Int) -> Int {
    (2 * (target.first + index) + 1) * source / (2 * target.whole)
  }

  private func clamped(_ index: Int) -> Int { max(0, min(index, source - 1)) }
}
