import CBackendSIMD

/// As many Double as one vector register holds.
typealias WideLanes = mtl_wide_lanes

/// The sums of two halves of the lanes.
@inline(__always)
func wideSum(_ x: Lanes) -> WideLanes { mtl_wide_low(x) + mtl_wide_high(x) }

/// The sums of two halves of the lanes' squares.
@inline(__always)
func wideSquares(_ x: Lanes) -> WideLanes {
  let (low, high) = (mtl_wide_low(x), mtl_wide_high(x))
  return low * low + high * high
}
