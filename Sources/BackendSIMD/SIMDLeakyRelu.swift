import BackendKit
import CMTL

// leaky_relu: one part computes a run of elements.

struct LeakyRelu: LaneFormula {
  let alpha: Lanes

  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    x.replacing(with: x * alpha, where: x .< 0)
  }
}

@c(mtlk_simd_leaky_relu_plan)
func simdLeakyReluPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_leaky_relu_run)
func simdLeakyReluRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let alpha = Lanes(repeating: Float(call.op.real(0)))
  mapElements(call, part, LeakyRelu(alpha: alpha))
  return Int32(MTLRT_MODULE_OK)
}
