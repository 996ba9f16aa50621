import BackendKit
import CMTL

// gelu: one part computes a run of elements.

@c(mtlk_scalar_gelu_plan)
func scalarGeluPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_gelu_run)
func scalarGeluRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  if call.op.attribute(0) == 0 {
    mapElements(call, part) { 0.5 * $0 * erfcf(-0.707_106_781 * $0) }
  } else {
    mapElements(call, part) { x in
      let inner = 0.797_884_561 * (x + 0.044715 * x * x * x)
      return 0.5 * x * (1 + tanhf(inner))
    }
  }
  return Int32(MTLRT_MODULE_OK)
}
