import BackendKit
import CMTL

// gather: one part fills some runs of the result.

@c(mtlk_scalar_gather_plan)
func scalarGatherPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, AxisRuns(OperatorView(chain)).split)
}

@c(mtlk_scalar_gather_run)
func scalarGatherRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let runs = AxisRuns(call.op)
  let indexes = AxisIndexes(call.op.input(1), below: runs.inputs)
  runs.copy(call, part) { indexes[$0] }
  return Int32(MTLRT_MODULE_OK)
}
