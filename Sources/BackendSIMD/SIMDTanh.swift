import BackendKit
import CBackendSIMD
import CMTL

// tanh: one part computes a run of elements.

struct Tanh: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    mtl_tanh(x)
  }
}

@c(mtlk_simd_tanh_plan)
func simdTanhPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_tanh_run)
func simdTanhRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part, Tanh())
  return Int32(MTLRT_MODULE_OK)
}
