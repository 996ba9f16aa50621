import BackendKit
import CMTL

// max_pool: vectors along the channels; one part computes some rows of results.

@c(mtlk_simd_max_pool_plan)
func simdMaxPoolPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, poolSplit(Window(OperatorView(chain), isPool: true)))
}

@c(mtlk_simd_max_pool_run)
func simdMaxPoolRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  pool(CallView(call), part, Greatest())
  return Int32(MTLRT_MODULE_OK)
}
