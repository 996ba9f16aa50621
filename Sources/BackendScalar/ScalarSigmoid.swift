import BackendKit
import CMTL

// sigmoid: one part computes a run of elements.

@c(mtlk_scalar_sigmoid_plan)
func scalarSigmoidPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_sigmoid_run)
func scalarSigmoidRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
  for k in elementSplit(call.op.output)[part] { y[k] = 1 / (1 + expf(-x[k])) }
  return Int32(MTLRT_MODULE_OK)
}
