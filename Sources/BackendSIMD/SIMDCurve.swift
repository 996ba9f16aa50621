import BackendKit

/// Puts in place of `count` vectors of sums, `step` apart, what a curve makes of them after the
/// same biases are added; `some` lanes of each are read and written. Nothing happens without one.
@inline(never)
func bendSums(
  _ curve: Epilogue.Curve, _ sums: UnsafeMutablePointer<Float>, count: Int, step: Int,
  bias: UnsafePointer<Float>?, _ some: Int
) {
  let bias = bias.map { loadSome($0, some) } ?? .zero
  @inline(__always)
  func each(_ formula: some LaneFormula) {
    for k in 0..<count {
      let place = sums + k * step
      storeSome(formula(loadSome(place, some) + bias), place, some)
    }
  }
  switch curve {
  case .none: break
  case .sigmoid: each(Sigmoid())
  case .silu: each(Silu())
  case .hardSwish: each(HardSwish())
  case .gelu: each(Gelu())
  }
}

extension Epilogue.Abilities {
  /// Of kernels that finish each result alone.
  static var simd: Self { Self(sigmoid: true, gates: true) }
}
