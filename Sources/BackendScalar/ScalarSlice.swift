import BackendKit
import CMTL

// slice: one part fills some runs of the result.

@c(mtlk_scalar_slice_plan)
func scalarSlicePlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, AxisRuns(OperatorView(chain)).split)
}

@c(mtlk_scalar_slice_run)
func scalarSliceRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (start, step) = (call.op.attribute(1), call.op.attribute(3))
  AxisRuns(call.op).copy(call, part) { start + $0 * step }
  return Int32(MTLRT_MODULE_OK)
}
