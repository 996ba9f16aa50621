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
  mapElements(CallView(call), part) { 1 / (1 + expf(-$0)) }
  return Int32(MTLRT_MODULE_OK)
}
