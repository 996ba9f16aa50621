import BackendKit
import CMTL

// maximum: one part computes some lines.

@c(mtlk_simd_maximum_plan)
func simdMaximumPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  BroadcastLines(OperatorView(chain)).plan(plan)
}

@c(mtlk_simd_maximum_run)
func simdMaximumRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  combine(call, part, local, Greatest())
}
