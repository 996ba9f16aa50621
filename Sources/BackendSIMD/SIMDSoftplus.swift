import BackendKit
import CBackendSIMD
import CMTL

// softplus: one part computes a run of elements.

private struct Softplus: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes { mtl_softplus(x) }
}

@c(mtlk_simd_softplus_plan)
func simdSoftplusPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_softplus_run)
func simdSoftplusRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part, Softplus())
  return Int32(MTLRT_MODULE_OK)
}
