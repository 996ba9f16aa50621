import BackendKit
import CBackendSIMD
import CMTL

// sigmoid: one part computes a run of elements.

struct Sigmoid: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    mtl_logistic(x)
  }
}

@c(mtlk_simd_sigmoid_plan)
func simdSigmoidPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_sigmoid_run)
func simdSigmoidRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part, Sigmoid())
  return Int32(MTLRT_MODULE_OK)
}
