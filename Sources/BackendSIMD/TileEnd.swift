import CBackendSIMD

/// What becomes of a tile's sums in the simplest case: whole vectors of channels, after a curve if
/// there is one.
struct TileEnd {
  /// Biases, scales and shifts of two vectors of channels each, then the bounds of an activation,
  /// and the least that a sum with a residual may be: a vector each.
  let constants: UnsafePointer<Float>
  static let constantCount = 9 * laneCount
  /// The first row's results, what is added to them, and how far it is to the next row's.
  let output: UnsafeMutablePointer<Float>
  let residual: UnsafePointer<Float>?
  let stride: Int
  /// Of channels.
  let vectors: Int

  /// Brings `count` rows of sums to their place; `row` counts from the first one.
  @inline(never)
  func apply(_ sums: UnsafePointer<Float>, row: Int, count: Int) {
    let least = load(constants + 6 * laneCount), most = load(constants + 7 * laneCount)
    let sumLeast = load(constants + 8 * laneCount)
    for v in 0..<vectors {
      let bias = load(constants + v * laneCount)
      let scale = load(constants + (2 + v) * laneCount)
      let shift = load(constants + (4 + v) * laneCount)
      var (source, place) = (sums + v * laneCount, row * stride + v * laneCount)
      for _ in 0..<count {
        let active = atMost(most, atLeast(least, load(source) + bias))
        var result = multiplyAdd(active, scale, shift)
        if let residual { result = atLeast(sumLeast, result + load(residual + place)) }
        store(result, output + place)
        source += Gemm.columns
        place += stride
      }
    }
  }
}
