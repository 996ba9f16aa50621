import BackendKit
import CMTL

// pad: one part fills some runs of the result.

@c(mtlk_scalar_pad_plan)
func scalarPadPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, AxisRuns(OperatorView(chain)).split)
}

@c(mtlk_scalar_pad_run)
func scalarPadRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let before = call.op.attribute(1)
  AxisRuns(call.op).copy(call, part, others: Float(call.op.real(3))) { $0 - before }
  return Int32(MTLRT_MODULE_OK)
}
