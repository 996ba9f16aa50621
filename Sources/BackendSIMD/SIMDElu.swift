import BackendKit
import CBackendSIMD
import CMTL

// elu: one part computes a run of elements.

struct Elu: LaneFormula {
  let alpha: Lanes

  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    x.replacing(with: alpha * mtl_exponential_less_1(x), where: x .< 0)
  }
}

@c(mtlk_simd_elu_plan)
func simdEluPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_elu_run)
func simdEluRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let alpha = Lanes(repeating: Float(call.op.real(0)))
  mapElements(call, part, Elu(alpha: alpha))
  return Int32(MTLRT_MODULE_OK)
}
