import BackendKit
import CMTL

// tanh: one part computes a run of elements.

@c(mtlk_scalar_tanh_plan)
func scalarTanhPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_tanh_run)
func scalarTanhRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part) { tanhf($0) }
  return Int32(MTLRT_MODULE_OK)
}
