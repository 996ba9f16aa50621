import BackendKit
import CMTL

// reduce_max: one part computes some results.

@c(mtlk_simd_reduce_max_plan)
func simdReduceMaxPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  reducePlan(OperatorView(chain), plan)
}

@c(mtlk_simd_reduce_max_run)
func simdReduceMaxRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  reduceGreatest(call, part, sign: 1)
}
