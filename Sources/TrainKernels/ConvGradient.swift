import CMTL

/// Transforms tiles of a gradient by results, dM = A dY A^T for each tile and filter; sums it up
/// for the bias.
struct ConvGradient<Transform: TrainedTransform> {
  let layout: ConvLayout<Transform>
  let call: mtl_conv_gradient
  let work: UnsafeMutablePointer<Float>
  /// By panels of filters.
  let bias: UnsafeMutablePointer<Float>

  /// The filters of panel `panel` of all `tiles`; zeros behind the last filter.
  func run(_ tiles: Range<Int>, panel: Int, to target: UnsafeMutablePointer<Float>) {
    for vector in 0..<Product.columns / laneCount {
      let filter = panel * Product.columns + vector * laneCount
      let some = max(0, min(laneCount, layout.shape.filters - filter))
      let slope = ConvSlope(call, filter: filter, some)
      var sum = Lanes.zero
      var next = target + vector * laneCount
      for tile in tiles {
        transform(slope, layout.place(of: tile), filter, to: next, &sum)
        next += Product.columns
      }
      store(load(bias + filter) + sum, bias + filter)
    }
  }

  @inline(__always)
  private func transform(
    _ slope: ConvSlope, _ place: TilePlace, _ filter: Int,
    to target: UnsafeMutablePointer<Float>, _ sum: inout Lanes
  ) {
    let (n, m, shape) = (Transform.inputs, Transform.outputs, layout.shape)
    let rows = min(m, shape.height - place.top)
    let columns = min(m, shape.width - place.left)
    let first = ((place.image * shape.height + place.top) * shape.width + place.left)
      * shape.filters + filter
    for i in 0..<m {
      var y = WinogradLine(repeating: .zero)
      for j in 0..<m where i < rows && j < columns {
        y[j] = slope(first + (i * shape.width + j) * shape.filters)
        sum += y[j]
      }
      let p = Transform.outputAdjoint(y)
      for j in 0..<n { store(p[j], work + (i * n + j) * laneCount) }
    }
    for j in 0..<n {
      var y = WinogradLine(repeating: .zero)
      for i in 0..<m { y[i] = load(work + (i * n + j) * laneCount) }
      let p = Transform.outputAdjoint(y)
      for i in 0..<n { store(p[i], target + (i * n + j) * layout.productStep) }
    }
  }
}
