import BackendKit
import CMTL

// cosh: one part computes a run of elements.

@c(mtlk_scalar_cosh_plan)
func scalarCoshPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_cosh_run)
func scalarCoshRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part) { coshf($0) }
  return Int32(MTLRT_MODULE_OK)
}
