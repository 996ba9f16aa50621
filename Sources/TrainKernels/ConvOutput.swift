import CMTL

/// Transforms products back, Y = A^T M A for each tile and filter, and finishes the results: bias,
/// ReLU, and sums over them.
struct ConvOutput<Transform: TrainedTransform> {
  let layout: ConvLayout<Transform>
  let finish: ConvFinish
  /// Products of a panel for the tiles of a block.
  let products: UnsafePointer<Float>
  let work: UnsafeMutablePointer<Float>

  /// Tiles whose sums are kept in single precision.
  private static var run: Int { 8 }

  /// The filters of panel `panel` of all `tiles`.
  func run(_ tiles: Range<Int>, panel: Int) {
    let filters = layout.shape.filters
    for vector in 0..<Product.columns / laneCount {
      let filter = panel * Product.columns + vector * laneCount
      let some = min(laneCount, filters - filter)
      if some <= 0 { return }
      let bias = finish.bias(filter, some)
      var source = products + vector * laneCount
      var short = ConvFinish.Sums()
      for tile in tiles {
        transform(source, layout.place(of: tile), filter, some, bias, &short)
        source += Product.columns
        let done = tile - tiles.lowerBound + 1
        if done % Self.run == 0 || done == tiles.count {
          finish.add(&short, filter, some)
        }
      }
    }
  }

  /// One tile of one vector of filters: first along its columns, then along its rows.
  @inline(__always)
  private func transform(
    _ source: UnsafePointer<Float>, _ place: TilePlace, _ filter: Int, _ some: Int,
    _ bias: Lanes, _ short: inout ConvFinish.Sums
  ) {
    let (n, m, step) = (Transform.inputs, Transform.outputs, layout.productStep)
    for j in 0..<n {
      var p = WinogradLine(repeating: .zero)
      for i in 0..<n { p[i] = load(source + (i * n + j) * step) }
      let y = Transform.output(p)
      for i in 0..<m { store(y[i], work + (i * n + j) * laneCount) }
    }
    let shape = layout.shape
    let rows = min(m, shape.height - place.top)
    let columns = min(m, shape.width - place.left)
    let first = ((place.image * shape.height + place.top) * shape.width + place.left)
      * shape.filters + filter
    for i in 0..<rows {
      var p = WinogradLine(repeating: .zero)
      for j in 0..<n { p[j] = load(work + (i * n + j) * laneCount) }
      let y = Transform.output(p)
      let position = first + i * shape.width * shape.filters
      if columns == m && some == laneCount {
        for j in 0..<m {
          finish(y[j], position + j * shape.filters, some, bias, &short)
        }
      } else {
        for j in 0..<m { store(y[j], work + (n * n + j) * laneCount) }
        for j in 0..<columns {
          let value = load(work + (n * n + j) * laneCount)
          finish(value, position + j * shape.filters, some, bias, &short)
        }
      }
    }
  }
}
