import BackendKit
import CMTL

// add: one part computes some lines.

@c(mtlk_simd_add_plan)
func simdAddPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  BroadcastLines(OperatorView(chain)).plan(plan)
}

@c(mtlk_simd_add_run)
func simdAddRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  combine(call, part, local, Sum())
}
