import BackendKit
import CMTL

// pow: one part computes a run of elements.

@c(mtlk_scalar_pow_plan)
func scalarPowPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  broadcastPlan(OperatorView(chain), plan)
}

@c(mtlk_scalar_pow_run)
func scalarPowRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  broadcastRun(CallView(call), part) { powf($0, $1) }
  return Int32(MTLRT_MODULE_OK)
}
