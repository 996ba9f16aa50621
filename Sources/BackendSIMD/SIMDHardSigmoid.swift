import BackendKit
import CBackendSIMD
import CMTL

// hard_sigmoid: one part computes a run of elements.

struct HardSigmoid: LaneFormula {
  let alpha: Lanes
  let beta: Lanes

  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    mtl_from_zero_to_one(multiplyAdd(alpha, x, beta))
  }
}

@c(mtlk_simd_hard_sigmoid_plan)
func simdHardSigmoidPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_hard_sigmoid_run)
func simdHardSigmoidRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let alpha = Lanes(repeating: Float(call.op.real(0)))
  let beta = Lanes(repeating: Float(call.op.real(1)))
  mapElements(call, part, HardSigmoid(alpha: alpha, beta: beta))
  return Int32(MTLRT_MODULE_OK)
}
