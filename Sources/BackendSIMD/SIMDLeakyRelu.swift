import BackendKit
import CMTL

// leaky_relu: one part computes a run of elements.

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
  mapElements(call, part) { $0.replacing(with: $0 * alpha, where: $0 .< 0) }
  return Int32(MTLRT_MODULE_OK)
}
