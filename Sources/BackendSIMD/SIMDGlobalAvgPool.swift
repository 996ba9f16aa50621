import BackendKit
import CMTL

// global_avg_pool: a reduction of the pixels; one part computes some channels of one image.

@c(mtlk_simd_global_avg_pool_plan)
func simdGlobalAvgPoolPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  reducePlan(OperatorView(chain), plan)
}

@c(mtlk_simd_global_avg_pool_run)
func simdGlobalAvgPoolRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  reduceMean(call, part)
}
