import BackendKit
import CBackendSIMD
import CMTL

// hard_swish: one part computes a run of elements.

/// x times the bounded line x / 6 + 1 / 2.
struct HardSwish: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    let (sixth, half) = (Lanes(repeating: 1 / 6), Lanes(repeating: 0.5))
    return x * mtl_from_zero_to_one(multiplyAdd(x, sixth, half))
  }
}

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
  mapElements(CallView(call), part, HardSwish())
  return Int32(MTLRT_MODULE_OK)
}
