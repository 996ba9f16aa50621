import BackendKit
import CMTL

// asin: one part computes a run of elements.

@c(mtlk_scalar_asin_plan)
func scalarAsinPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_asin_run)
func scalarAsinRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part) { asinf($0) }
  return Int32(MTLRT_MODULE_OK)
}
