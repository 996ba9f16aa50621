import BackendKit
import CBackendSIMD
import CMTL

// round: one part computes a run of elements.

private struct Rounded: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    mtl_rounded(x)
  }
}

@c(mtlk_simd_round_plan)
func simdRoundPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_round_run)
func simdRoundRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part, Rounded())
  return Int32(MTLRT_MODULE_OK)
}
