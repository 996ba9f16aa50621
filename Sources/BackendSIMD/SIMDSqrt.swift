import BackendKit
import CBackendSIMD
import CMTL

// sqrt: one part computes a run of elements.

struct SquareRoot: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    mtl_square_root(x)
  }
}

@c(mtlk_simd_sqrt_plan)
func simdSqrtPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_sqrt_run)
func simdSqrtRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part, SquareRoot())
  return Int32(MTLRT_MODULE_OK)
}
