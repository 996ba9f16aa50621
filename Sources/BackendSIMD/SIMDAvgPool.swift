import BackendKit
import CMTL

// avg_pool: vectors along the channels; one part computes some rows of results.

/// The mean of a window whose padding counts as zeros.
private struct WholeMean: LaneReduction {
  let count: Int
  var start: Float { 0 }

  @inline(__always)
  func callAsFunction(_ a: Lanes, _ b: Lanes) -> Lanes { a + b }

  @inline(__always)
  func finish(_ all: Lanes, count: Int) -> Lanes { all / Lanes(repeating: Float(self.count)) }
}

@c(mtlk_simd_avg_pool_plan)
func simdAvgPoolPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, poolSplit(Window(OperatorView(chain), isPool: true)))
}

@c(mtlk_simd_avg_pool_run)
func simdAvgPoolRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let countsPadding = call.op.attribute(8) == 1
  if countsPadding {
    pool(call, part, WholeMean(count: call.op.attribute(6) * call.op.attribute(7)))
  } else {
    pool(call, part, Mean())
  }
  return Int32(MTLRT_MODULE_OK)
}
