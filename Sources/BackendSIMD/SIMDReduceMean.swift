import BackendKit
import CMTL

// reduce_mean: one part computes some results.

@c(mtlk_simd_reduce_mean_plan)
func simdReduceMeanPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  reducePlan(OperatorView(chain), plan)
}

@c(mtlk_simd_reduce_mean_run)
func simdReduceMeanRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  reduceMean(call, part)
}
