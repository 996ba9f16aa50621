import BackendKit
import CMTL

// leaky_relu: one part computes a run of elements.

@c(mtlk_scalar_leaky_relu_plan)
func scalarLeakyReluPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_leaky_relu_run)
func scalarLeakyReluRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let alpha = Float(call.op.real(0))
  mapElements(call, part) { $0 < 0 ? alpha * $0 : $0 }
  return Int32(MTLRT_MODULE_OK)
}
