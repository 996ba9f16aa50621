import BackendKit
import CMTL

// less_equal: one part computes a run of elements.

@c(mtlk_scalar_less_equal_plan)
func scalarLessEqualPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  broadcastPlan(OperatorView(chain), plan)
}

@c(mtlk_scalar_less_equal_run)
func scalarLessEqualRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  broadcastRun(CallView(call), part) { $0 <= $1 ? 1 : 0 }
  return Int32(MTLRT_MODULE_OK)
}
