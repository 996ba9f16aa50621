import BackendKit
import CMTL

// avg_pool: vectors along the channels; one part computes some rows of results.

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
  let whole = call.op.attribute(6) * call.op.attribute(7)
  pool(call, part, Mean(count: countsPadding ? whole : nil))
  return Int32(MTLRT_MODULE_OK)
}
