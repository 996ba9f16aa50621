import BackendKit
import CMTL

// gelu: one part computes a run of elements.

@c(mtlk_simd_gelu_plan)
func simdGeluPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_gelu_run)
func simdGeluRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  if call.op.attribute(0) == 0 {
    mapElements(call, part) { $0 * normalShare($0) }
  } else {
    // (1 + tanh(u)) / 2 is the logistic function of 2 u.
    let (linear, cubic) = (Lanes(repeating: 1.595_769_12), Lanes(repeating: 0.071_354_816))
    mapElements(call, part) { $0 * logistic($0 * multiplyAdd($0 * $0, cubic, linear)) }
  }
  return Int32(MTLRT_MODULE_OK)
}
