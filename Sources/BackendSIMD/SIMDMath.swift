import CBackendSIMD

/// exp(x) for x <= 0, within 2 units in the last place; 0 where it would be subnormal.
///
/// Splits x into `n * ln 2 + r`, |r| <= ln 2 / 2, and takes a polynomial in r (Cephes, expf).
@inline(__always)
func exponential(_ x: Lanes) -> Lanes {
  let least: Float = -87.33654  // exp of it is the smallest normal number
  let clamped = x.replacing(with: least, where: x .< least)
  // Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  let magic = Lanes(repeating: 0x1.8p23)
  let shifted = multiplyAdd(clamped, Lanes(repeating: 1.442_695_04), magic)
  let n = shifted - magic
  var r = multiplyAdd(n, Lanes(repeating: -0.693_359_375), clamped)
  r = multiplyAdd(n, Lanes(repeating: 2.121_944_4e-4), r)
  var sum = Lanes(repeating: 1.987_569_15e-4)
  sum = multiplyAdd(sum, r, Lanes(repeating: 1.398_199_95e-3))
  sum = multiplyAdd(sum, r, Lanes(repeating: 8.333_452e-3))
  sum = multiplyAdd(sum, r, Lanes(repeating: 4.166_579_6e-2))
  sum = multiplyAdd(sum, r, Lanes(repeating: 1.666_666_55e-1))
  sum = multiplyAdd(sum, r, Lanes(repeating: 5.000_000_1e-1))
  let power = multiplyAdd(sum, r * r, r + 1)
  // 2^n by its exponent field.
  let bits = unsafeBitCast(shifted, to: mtl_lane_bits.self)
  let scale = unsafeBitCast((bits &+ 127) &<< 23, to: Lanes.self)
  return (power * scale).replacing(with: 0, where: x .< least)
}

/// 1 / (1 + exp(-x)), without overflow.
@inline(__always)
func logistic(_ x: Lanes) -> Lanes {
  let small = exponential(x.replacing(with: -x, where: x .> 0))
  return Lanes(repeating: 1).replacing(with: small, where: x .< 0) / (small + 1)
}

/// 0 where x < 0, else x.
@inline(__always)
func rectified(_ x: Lanes) -> Lanes {
  atLeast(.zero, x)
}
