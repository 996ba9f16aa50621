import BackendKit
import CBackendSIMD
import CMTL

// lrn: one part computes some pixels. In Double: squares of large numbers fit.

private func lrnPlan(
  _ op: OperatorView, _ plan: UnsafeMutablePointer<mtlrt_plan>,
  _ error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  guard LocalWindow.exponents.contains(op.real(2)) else {
    return refuse(error, "exponents other than 1/2, 3/4 and 1")
  }
  plan.pointee.local_bytes = UInt64(LocalWindow(op).squareCount * 8)
  return answer(plan, pixelSplit(op.output))
}

@c(mtlk_simd_lrn_plan)
func simdLrnPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  lrnPlan(OperatorView(chain), plan, error)
}

@c(mtlk_simd_lrn_run)
func simdLrnRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let window = LocalWindow(call.op)
  let squares = local!.assumingMemoryBound(to: Double.self)
  for pixel in pixelSplit(call.op.output)[part] {
    window.run(
      call.elements(call.op.input(0)) + pixel * window.channels,
      call.values(call.op.output) + pixel * window.channels, squares)
  }
  return Int32(MTLRT_MODULE_OK)
}

/// The channels that take part in a result.
private struct LocalWindow {
  /// What square roots can compute.
  static let exponents = [0.5, 0.75, 1]

  let channels: Int
  /// Channels of the window before and behind a result's.
  private let before: Int, behind: Int
  private let factor: Double, exponent: Double, bias: Double

  init(_ op: OperatorView) {
    channels = op.output.channels
    before = min((op.attribute(0) - 1) / 2, channels - 1)
    behind = min(op.attribute(0) / 2, channels - 1)
    factor = op.real(1) / Double(op.attribute(0))
    (exponent, bias) = (op.real(2), op.real(3))
  }

  /// Squares of one pixel, with zeros around them.
  var squareCount: Int { before + channels + laneCount + behind }

  func run(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,
    _ squares: UnsafeMutablePointer<Double>
  ) {
    memset(squares, 0, 8 * squareCount)
    forLongLanes(channels) { c, some in
      let lanes = loadSome(x + c, some)
      let (low, high) = (mtl_wide_low(lanes), mtl_wide_high(lanes))
      let place = UnsafeMutableRawPointer(squares + before + c)
      place.storeBytes(of: low * low, as: WideLanes.self)
      (place + 4 * laneCount).storeBytes(of: high * high, as: WideLanes.self)
    }
    forLongLanes(channels) { c, some in
      let lanes = loadSome(x + c, some)
      let low = mtl_wide_low(lanes) / divisor(squares + c)
      let high = mtl_wide_high(lanes) / divisor(squares + c + laneCount / 2)
      storeSome(mtl_join(low, high), y + c, some)
    }
  }

  /// Of the results whose windows begin at `squares`.
  @inline(__always)
  private func divisor(_ squares: UnsafePointer<Double>) -> WideLanes {
    var sum = WideLanes.zero
    for k in 0...before + behind {
      sum += UnsafeRawPointer(squares + k).loadUnaligned(as: WideLanes.self)
    }
    let base = WideLanes(repeating: bias) + WideLanes(repeating: factor) * sum
    if exponent == 1 { return base }
    let root = mtl_wide_square_root(base)
    return exponent == 0.5 ? root : root * mtl_wide_square_root(root)
  }
}
