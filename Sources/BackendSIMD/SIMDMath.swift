import CBackendSIMD

/// exp(x) for x <= 0, within 2 units in the last place; 0 where it would be subnormal.
@inline(__always)
func exponential(_ x: Lanes) -> Lanes {
  let (power, scale) = splitExponential(x)
  return ((power + 1) * scale).replacing(with: 0, where: x .< leastExponent)
}

/// exp(x) - 1 for x <= 0.
@inline(__always)
func exponentialLess1(_ x: Lanes) -> Lanes {
  let (power, scale) = splitExponential(x)
  return multiplyAdd(power, scale, scale - 1)
}

/// The smallest number whose exponential is normal.
private let leastExponent: Float = -87.33654

/// `power` and `scale` of exp(x) = (power + 1) * scale, for x <= 0.
///
/// Splits x into `n * ln 2 + r`, |r| <= ln 2 / 2, and takes a polynomial in r (Cephes, expf).
@inline(__always)
private func splitExponential(_ x: Lanes) -> (power: Lanes, scale: Lanes) {
  let least = leastExponent
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
  let power = multiplyAdd(sum, r * r, r)
  // 2^n by its exponent field.
  let bits = unsafeBitCast(shifted, to: mtl_lane_bits.self)
  let scale = unsafeBitCast((bits &+ 127) &<< 23, to: Lanes.self)
  return (power, scale)
}

/// tanh(x): by exponentials, and near 0 by a polynomial (Cephes, tanhf).
@inline(__always)
func hyperbolicTangent(_ x: Lanes) -> Lanes {
  let size = x.replacing(with: -x, where: x .< 0)
  let small = exponential(-2 * size)
  let far = (1 - small) / (1 + small)
  let z = x * x
  var sum = Lanes(repeating: -5.704_988_72e-3)
  sum = multiplyAdd(sum, z, Lanes(repeating: 2.063_908_88e-2))
  sum = multiplyAdd(sum, z, Lanes(repeating: -5.373_971_24e-2))
  sum = multiplyAdd(sum, z, Lanes(repeating: 1.333_144_16e-1))
  sum = multiplyAdd(sum, z, Lanes(repeating: -3.333_328_22e-1))
  let near = multiplyAdd(sum * z, x, x)
  return far.replacing(with: -far, where: x .< 0).replacing(with: near, where: size .< 0.625)
}

/// (1 + erf(x / sqrt 2)) / 2, the share of a normal distribution below x, within 2e-7
/// (Abramowitz and Stegun, 7.1.26).
@inline(__always)
func normalShare(_ x: Lanes) -> Lanes {
  let size = x.replacing(with: -x, where: x .< 0)
  let t = 1 / multiplyAdd(size, Lanes(repeating: 0.231_641_888), Lanes(repeating: 1))
  var sum = Lanes(repeating: 1.061_405_429)
  sum = multiplyAdd(sum, t, Lanes(repeating: -1.453_152_027))
  sum = multiplyAdd(sum, t, Lanes(repeating: 1.421_413_741))
  sum = multiplyAdd(sum, t, Lanes(repeating: -0.284_496_736))
  sum = multiplyAdd(sum, t, Lanes(repeating: 0.254_829_592))
  let beyond = 0.5 * sum * t * exponential(-0.5 * x * x)
  return (1 - beyond).replacing(with: beyond, where: x .< 0)
}

/// `x`, or the nearer of 0 and 1 where it is beyond them; NaN where `x` is.
@inline(__always)
func fromZeroToOne(_ x: Lanes) -> Lanes {
  atMost(Lanes(repeating: 1), rectified(x))
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
