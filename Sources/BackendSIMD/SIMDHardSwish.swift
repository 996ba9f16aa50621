import BackendKit
import CMTL

// hard_swish: one part computes a run of elements.

@c(mtlk_simd_hard_swish_plan)
func simdHardSwishPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_hard_swish_run)
func simdHardSwishRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let (sixth, half) = (Lanes(repeating: 1 / 6), Lanes(repeating: 0.5))
  mapElements(CallView(call), part) { $0 * fromZeroToOne(multiplyAdd($0, sixth, half)) }
  return Int32(MTLRT_MODULE_OK)
}
