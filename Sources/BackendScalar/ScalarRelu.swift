import BackendKit
import CMTL

// relu: one part computes a run of elements.

@c(mtlk_scalar_relu_plan)
func scalarReluPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_relu_run)
func scalarReluRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part) { $0 < 0 ? 0 : $0 }
  return Int32(MTLRT_MODULE_OK)
}
