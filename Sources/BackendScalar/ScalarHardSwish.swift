import BackendKit
import CMTL

// hard_swish: one part computes a run of elements.

@c(mtlk_scalar_hard_swish_plan)
func scalarHardSwishPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_hard_swish_run)
func scalarHardSwishRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part) { $0 * fromZeroToOne($0 / 6 + 0.5) }
  return Int32(MTLRT_MODULE_OK)
}
