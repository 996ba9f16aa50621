import BackendKit
import CMTL

// hard_sigmoid: one part computes a run of elements.

@c(mtlk_scalar_hard_sigmoid_plan)
func scalarHardSigmoidPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_hard_sigmoid_run)
func scalarHardSigmoidRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (alpha, beta) = (Float(call.op.real(0)), Float(call.op.real(1)))
  mapElements(call, part) { fromZeroToOne(alpha * $0 + beta) }
  return Int32(MTLRT_MODULE_OK)
}

/// `x`, or the nearer of 0 and 1 where it is beyond them.
func fromZeroToOne(_ x: Float) -> Float {
  x < 0 ? 0 : x > 1 ? 1 : x
}
