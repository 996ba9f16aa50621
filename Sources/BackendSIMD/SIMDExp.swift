import BackendKit
import CBackendSIMD
import CMTL

// exp: one part computes a run of elements.

private struct Exponential: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes { mtl_exponential(x) }
}

@c(mtlk_simd_exp_plan)
func simdExpPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_exp_run)
func simdExpRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part, Exponential())
  return Int32(MTLRT_MODULE_OK)
}
