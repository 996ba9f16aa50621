import BackendKit
import CMTL

// layer_norm: one part computes some lines. Sums in Double.

@c(mtlk_scalar_layer_norm_plan)
func scalarLayerNormPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, pixelSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_layer_norm_run)
func scalarLayerNormRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (output, epsilon) = (call.op.output, call.op.real(0))
  for pixel in pixelSplit(output)[part] {
    normalise(
      call, first: pixel * output.channels, pixels: 1, channels: 0..<output.channels, epsilon)
  }
  return Int32(MTLRT_MODULE_OK)
}
