import BackendKit
import CBackendSIMD
import CMTL

// log: one part computes a run of elements.

private struct Logarithm: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes { mtl_logarithm(x) }
}

@c(mtlk_simd_log_plan)
func simdLogPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_log_run)
func simdLogRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part, Logarithm())
  return Int32(MTLRT_MODULE_OK)
}
