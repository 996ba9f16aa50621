import BackendKit
import CMTL

// select: one part computes a run of elements.

@c(mtlk_scalar_select_plan)
func scalarSelectPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  broadcastPlan(OperatorView(chain), plan)
}

@c(mtlk_scalar_select_run)
func scalarSelectRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let operands = BroadcastOperands(call)
  let z = call.values(call.op.output)
  for k in elementSplit(call.op.output)[part] {
    z[k] = operands.at(k, operands.at(k, 0) != 0 ? 1 : 2)
  }
  return Int32(MTLRT_MODULE_OK)
}
