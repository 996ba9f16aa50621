/// A transform with the adjoints of its steps, by which gradients go back.
protocol TrainedTransform: WinogradTransform {
  /// A y: from m results to m + 2 products.
  static func outputAdjoint(_ y: WinogradLine) -> WinogradLine
  /// G^T u: from m + 2 points to 3 taps.
  static func kernelAdjoint(_ u: WinogradLine) -> WinogradLine
}

@inline(__always)
private func multiplyAdd(_ a: Float, _ b: Lanes, _ c: Lanes) -> Lanes {
  multiplyAdd(Lanes(repeating: a), b, c)
}

extension Winograd4: TrainedTransform {
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

extension Winograd6: TrainedTransform {
  @inline(__always)
  static func outputAdjoint(_ y: WinogradLine) -> WinogradLine {
    var p = WinogradLine(repeating: .zero)
    p[0] = y[0]
    let (even, odd) = (y[0] + y[2] + y[4], y[1] + y[3] + y[5])
    (p[1], p[2]) = (even + odd, even - odd)
    let even2 = multiplyAdd(16, y[4], multiplyAdd(4, y[2], y[0]))
    let odd2 = multiplyAdd(32, y[5], multiplyAdd(8, y[3], y[1] + y[1]))
    (p[3], p[4]) = (even2 + odd2, even2 - odd2)
    let even3 = multiplyAdd(0.0625, y[4], multiplyAdd(0.25, y[2], y[0]))
    let odd3 = multiplyAdd(0.03125, y[5], multiplyAdd(0.125, y[3], y[1] * 0.5))
    (p[5], p[6]) = (even3 + odd3, even3 - odd3)
    p[7] = y[5]
    return p
  }

  @inline(__always)
  static func kernelAdjoint(_ u: WinogradLine) -> WinogradLine {
    let (s1, d1) = (u[1] + u[2], u[1] - u[2])
    let (s2, d2) = (u[3] + u[4], u[3] - u[4])
    let (s3, d3) = (u[5] + u[6], u[5] - u[6])
    var g = WinogradLine(repeating: .zero)
    g[0] = multiplyAdd(32 / 45, s3, multiplyAdd(1 / 90, s2, multiplyAdd(-2 / 9, s1, u[0])))
    g[1] = multiplyAdd(16 / 45, d3, multiplyAdd(1 / 45, d2, d1 * (-2 / 9)))
    g[2] = multiplyAdd(8 / 45, s3, multiplyAdd(4 / 90, s2, multiplyAdd(-2 / 9, s1, u[7])))
    return g
  }
}
