import BackendKit
import CBackendSIMD
import CMTL

// silu: one part computes a run of elements.

struct Silu: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    x * mtl_logistic(x)
  }
}

@c(mtlk_simd_silu_plan)
func simdSiluPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_silu_run)
func simdSiluRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part, Silu())
  return Int32(MTLRT_MODULE_OK)
}
