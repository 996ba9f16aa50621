import BackendKit
import CMTL

// div: one part computes a run of elements.

@c(mtlk_scalar_div_plan)
func scalarDivPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  broadcastPlan(OperatorView(chain), plan)
}

@c(mtlk_scalar_div_run)
func scalarDivRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  broadcastRun(CallView(call), part) { $0 / $1 }
  return Int32(MTLRT_MODULE_OK)
}
