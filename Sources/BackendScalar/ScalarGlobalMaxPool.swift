import BackendKit
import CMTL

// global_max_pool: one part computes one image.

@c(mtlk_scalar_global_max_pool_plan)
func scalarGlobalMaxPoolPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, Split(OperatorView(chain).output.dimension(0), grain: 1))
}

@c(mtlk_scalar_global_max_pool_run)
func scalarGlobalMaxPoolRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let input = call.op.input(0)
  let (pixels, channels) = (input.count(of: 1..<3), input.channels)
  for image in Split(input.dimension(0), grain: 1)[part] {
    let x = call.elements(input) + image * pixels * channels
    let y = call.values(call.op.output) + image * channels
    for c in 0..<channels {
      var largest = -Float.infinity
      for pixel in 0..<pixels { largest = greater(largest, x[pixel * channels + c]) }
      y[c] = largest
    }
  }
  return Int32(MTLRT_MODULE_OK)
}
