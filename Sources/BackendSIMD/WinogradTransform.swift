import CBackendSIMD

/// Winograd's minimal filtering F(m x m, 3 x 3): m x m results of a 3x3 convolution from (m+2)^2
/// products instead of 9 m^2 (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks").
///
/// Along one axis, with the interpolation points a_0 ... a_m and infinity, the results are
/// A^T [(G g) * (B^T d)], where row j of B^T holds the coefficients of the polynomial whose zeros
/// are the other points, row j of G is (1, a_j, a_j^2) over the product of a_j - a_l, and column j
/// of A^T is (1, a_j, a_j^2, ...). Where the signs of a row of B^T and of G are turned together,
/// nothing changes.
protocol WinogradTransform {
  /// Results along an axis: m.
  static var outputs: Int { get }
  /// B^T d for m + 2 inputs.
  static func input(_ d: WinogradLine) -> WinogradLine
  /// A^T p for m + 2 products: m results.
  static func output(_ p: WinogradLine) -> WinogradLine
  /// G g: the kernel at m + 2 points.
  static func kernel(_ g: WinogradTaps) -> WinogradKernelLine
}

/// Up to 8 vectors along an axis; those that a transform does not use are never looked at.
typealias WinogradLine = InlineArray<8, Lanes>

/// Three vectors of weights along an axis, and up to 8 of transformed ones.
typealias WinogradTaps = InlineArray<3, mtl_wide_lanes>
typealias WinogradKernelLine = InlineArray<8, mtl_wide_lanes>

extension WinogradTransform {
  /// Inputs along an axis.
  static var inputs: Int { outputs + 2 }
  /// Products per tile, channel and output.
  static var frequencies: Int { inputs * inputs }

  /// Rows or columns of a tile at `start` that are on an image of this size; may be empty.
  static func inside(from start: Int, of size: Int) -> Range<Int> {
    let first = min(inputs, max(0, -start))
    return first..<max(first, min(inputs, size - start))
  }
}

@inline(__always)
private func multiplyAdd(_ a: Float, _ b: Lanes, _ c: Lanes) -> Lanes {
  multiplyAdd(Lanes(repeating: a), b, c)
}

/// Points 0, 1, -1, infinity.
enum Winograd2: WinogradTransform {
  static var outputs: Int { 2 }

  @inline(__always)
  static func input(_ d: WinogradLine) -> WinogradLine {
    var v = WinogradLine(repeating: .zero)
    v[0] = d[2] - d[0]
    v[1] = d[2] + d[1]
    v[2] = d[2] - d[1]
    v[3] = d[3] - d[1]
    return v
  }

  @inline(__always)
  static func output(_ p: WinogradLine) -> WinogradLine {
    var y = WinogradLine(repeating: .zero)
    y[0] = p[0] + (p[1] + p[2])
    y[1] = p[3] + (p[1] - p[2])
    return y
  }

  @inline(__always)
  static func kernel(_ g: WinogradTaps) -> WinogradKernelLine {
    var u = WinogradKernelLine(repeating: .zero)
    let outer = g[0] + g[2]
    u[0] = -g[0]
    u[1] = (outer + g[1]) * 0.5
    u[2] = (outer - g[1]) * 0.5
    u[3] = g[2]
    return u
  }
}

/// Points 0, ±√2, ±1/√2, infinity: pairs of c and 1/c keep the numbers near 1, which halves the
/// error of 0, ±1, ±2 (Alam et al., "Winograd Convolution for Deep Neural Networks: Efficient Point
/// Selection").
enum Winograd4: WinogradTransform {
  static var outputs: Int { 4 }

  private static var root: Float { 1.414_213_56 }
  private static var half: Float { 0.707_106_78 }

  @inline(__always)
  static func input(_ d: WinogradLine) -> WinogradLine {
    var v = WinogradLine(repeating: .zero)
    v[0] = multiplyAdd(-2.5, d[2], d[0] + d[4])
    let (even, odd) = (multiplyAdd(-0.5, d[2], d[4]), multiplyAdd(-0.5, d[1], d[3]))
    v[1] = multiplyAdd(root, odd, even)
    v[2] = multiplyAdd(-root, odd, even)
    let (even2, odd2) = (multiplyAdd(-2, d[2], d[4]), multiplyAdd(-2, d[1], d[3]))
    v[3] = multiplyAdd(half, odd2, even2)
    v[4] = multiplyAdd(-half, odd2, even2)
    v[5] = multiplyAdd(-2.5, d[3], d[1] + d[5])
    return v
  }

  @inline(__always)
  static func output(_ p: WinogradLine) -> WinogradLine {
    var y = WinogradLine(repeating: .zero)
    let (s1, d1) = (p[1] + p[2], p[1] - p[2])
    let (s2, d2) = (p[3] + p[4], p[3] - p[4])
    y[0] = p[0] + (s1 + s2)
    y[1] = multiplyAdd(root, d1, d2 * half)
    y[2] = multiplyAdd(2, s1, s2 * 0.5)
    y[3] = multiplyAdd(2 * root, d1, multiplyAdd(0.5 * half, d2, p[5]))
    return y
  }

  @inline(__always)
  static func kernel(_ g: WinogradTaps) -> WinogradKernelLine {
    let root = 2.0.squareRoot()
    var u = WinogradKernelLine(repeating: .zero)
    u[0] = g[0]
    let (even, odd) = ((g[0] + g[2] * 2) * (1.0 / 6), g[1] * (root / 6))
    u[1] = even + odd
    u[2] = even - odd
    let (even2, odd2) = ((g[0] + g[2] * 0.5) * (-2.0 / 3), g[1] * (-root / 3))
    u[3] = even2 + odd2
    u[4] = even2 - odd2
    u[5] = g[2]
    return u
  }
}

/// Points 0, ±1, ±2, ±1/2, infinity.
enum Winograd6: WinogradTransform {
  static var outputs: Int { 6 }

  @inline(__always)
  static func input(_ d: WinogradLine) -> WinogradLine {
    var v = WinogradLine(repeating: .zero)
    v[0] = multiplyAdd(5.25, d[4] - d[2], d[0] - d[6])
    let even1 = multiplyAdd(-4.25, d[4], d[2] + d[6])
    let odd1 = multiplyAdd(-4.25, d[3], d[1] + d[5])
    v[1] = even1 + odd1
    v[2] = even1 - odd1
    let even2 = multiplyAdd(0.25, d[2], multiplyAdd(-1.25, d[4], d[6]))
    let odd2 = multiplyAdd(0.25, d[1], multiplyAdd(-1.25, d[3], d[5]))
    v[3] = multiplyAdd(2, odd2, even2)
    v[4] = multiplyAdd(-2, odd2, even2)
    let even3 = multiplyAdd(4, d[2], multiplyAdd(-5, d[4], d[6]))
    let odd3 = multiplyAdd(4, d[1], multiplyAdd(-5, d[3], d[5]))
    v[5] = multiplyAdd(0.5, odd3, even3)
    v[6] = multiplyAdd(-0.5, odd3, even3)
    v[7] = multiplyAdd(5.25, d[3] - d[5], d[7] - d[1])
    return v
  }

  @inline(__always)
  static func output(_ p: WinogradLine) -> WinogradLine {
    var y = WinogradLine(repeating: .zero)
    let (s1, d1) = (p[1] + p[2], p[1] - p[2])
    let (s2, d2) = (p[3] + p[4], p[3] - p[4])
    let (s3, d3) = (p[5] + p[6], p[5] - p[6])
    y[0] = p[0] + s1 + (s2 + s3)
    y[1] = multiplyAdd(0.5, d3, multiplyAdd(2, d2, d1))
    y[2] = multiplyAdd(0.25, s3, multiplyAdd(4, s2, s1))
    y[3] = multiplyAdd(0.125, d3, multiplyAdd(8, d2, d1))
    y[4] = multiplyAdd(0.0625, s3, multiplyAdd(16, s2, s1))
    y[5] = multiplyAdd(0.03125, d3, multiplyAdd(32, d2, d1 + p[7]))
    return y
  }

  @inline(__always)
  static func kernel(_ g: WinogradTaps) -> WinogradKernelLine {
    var u = WinogradKernelLine(repeating: .zero)
    u[0] = g[0]
    let (even1, odd1) = ((g[0] + g[2]) * (-2.0 / 9), g[1] * (-2.0 / 9))
    u[1] = even1 + odd1
    u[2] = even1 - odd1
    let (even2, odd2) = ((g[0] + g[2] * 4) * (1.0 / 90), g[1] * (1.0 / 45))
    u[3] = even2 + odd2
    u[4] = even2 - odd2
    let (even3, odd3) = ((g[0] + g[2] * 0.25) * (32.0 / 45), g[1] * (16.0 / 45))
    u[5] = even3 + odd3
    u[6] = even3 - odd3
    u[7] = g[2]
    return u
  }
}
