import BackendKit
import CMTL

// scale_shift: vectors along the channels; one part computes some pixels.

@c(mtlk_simd_scale_shift_plan)
func simdScaleShiftPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, pixelSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_scale_shift_run)
func simdScaleShiftRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let channels = call.op.output.channels
  let (scale, shift) = (call.op.input(1).floats, call.op.input(2).floats)
  for pixel in pixelSplit(call.op.output)[part] {
    let x = call.elements(call.op.input(0)) + pixel * channels
    let y = call.values(call.op.output) + pixel * channels
    forLanes(channels) { c, some in
      let lanes = multiplyAdd(
        loadSome(x + c, some), loadSome(scale + c, some), loadSome(shift + c, some))
      storeSome(lanes, y + c, some)
    }
  }
  return Int32(MTLRT_MODULE_OK)
}
