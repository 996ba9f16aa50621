import BackendKit
import CMTL

// global_max_pool: a reduction of the pixels; one part computes some channels of one image.

@c(mtlk_simd_global_max_pool_plan)
func simdGlobalMaxPoolPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  reducePlan(OperatorView(chain), plan)
}

@c(mtlk_simd_global_max_pool_run)
func simdGlobalMaxPoolRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  reduceGreatest(call, part, sign: 1)
}
