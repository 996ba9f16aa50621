import BackendKit
import CMTL

// erf: one part computes a run of elements.

@c(mtlk_scalar_erf_plan)
func scalarErfPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_erf_run)
func scalarErfRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part) { erff($0) }
  return Int32(MTLRT_MODULE_OK)
}
