import CMTL

/// Transforms tiles of a gradient by results, dM = A dY A^T for each tile and filter; sums it up
/// for the bias.
struct ConvGradient {
  private typealias Transform = ConvLayout.Transform

  let layout: ConvLayout
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
    _ slope: ConvSlope, _ place: ConvLayout.Place, _ filter: Int,
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
      let p = Winograd4.outputAdjoint(y)
      for j in 0..<n { store(p[j], work + (i * n + j) * laneCount) }
    }
    for j in 0..<n {
      var y = WinogradLine(repeating: .zero)
      for i in 0..<m { y[i] = load(work + (i * n + j) * laneCount) }
      let p = Winograd4.outputAdjoint(y)
      for i in 0..<n { store(p[i], target + (i * n + j) * layout.productStep) }
    }
  }
}

extension Winograd4 {
  /// A y: from 4 results to 6 products.
  @inline(__always)
  static func outputAdjoint(_ y: WinogradLine) -> WinogradLine {
    let (root, half) = (Lanes(repeating: 1.414_213_56), Lanes(repeating: 0.707_106_78))
    var p = WinogradLine(repeating: .zero)
    p[0] = y[0]
    let even = multiplyAdd(Lanes(repeating: 2), y[2], y[0])
    let odd = multiplyAdd(Lanes(repeating: 2), y[3], y[1]) * root
    (p[1], p[2]) = (even + odd, even - odd)
    let even2 = multiplyAdd(Lanes(repeating: 0.5), y[2], y[0])
    let odd2 = multiplyAdd(Lanes(repeating: 0.5), y[3], y[1]) * half
    (p[3], p[4]) = (even2 + odd2, even2 - odd2)
    p[5] = y[3]
    return p
  }

  /// G^T u: from 6 points to 3 taps.
  @inline(__always)
  static func kernelAdjoint(_ u: WinogradLine) -> WinogradLine {
    let (sum, difference) = (u[1] + u[2], u[1] - u[2])
    let (sum2, difference2) = (u[3] + u[4], u[3] - u[4])
    let (third, root) = (Lanes(repeating: 1 / 3), Lanes(repeating: 1.414_213_56 / 6))
    var g = WinogradLine(repeating: .zero)
    g[0] = multiplyAdd(third * 0.5, sum, multiplyAdd(third * -2, sum2, u[0]))
    g[1] = root * multiplyAdd(Lanes(repeating: -2), difference2, difference)
    g[2] = multiplyAdd(third, sum - sum2, u[5])
    return g
  }
}
