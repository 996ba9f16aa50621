import BackendKit
import CMTL

// scale_shift: one part computes a run of elements.

@c(mtlk_scalar_scale_shift_plan)
func scalarScaleShiftPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_scale_shift_run)
func scalarScaleShiftRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
  let (scale, shift) = (call.op.input(1).floats, call.op.input(2).floats)
  let channels = call.op.output.channels
  for k in elementSplit(call.op.output)[part] {
    y[k] = x[k] * scale[k % channels] + shift[k % channels]
  }
  return Int32(MTLRT_MODULE_OK)
}
