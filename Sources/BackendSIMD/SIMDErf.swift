import BackendKit
import CBackendSIMD
import CMTL

// erf: one part computes a run of elements.

private struct ErrorFunction: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes { mtl_erf(x) }
}

@c(mtlk_simd_erf_plan)
func simdErfPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_erf_run)
func simdErfRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part, ErrorFunction())
  return Int32(MTLRT_MODULE_OK)
}
