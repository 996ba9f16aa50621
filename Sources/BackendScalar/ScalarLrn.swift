import BackendKit
import CMTL

// lrn: one part computes some pixels. Sums in Double.

@c(mtlk_scalar_lrn_plan)
func scalarLrnPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, pixelSplit(OperatorView(chain).output))
}

@c(mtlk_scalar_lrn_run)
func scalarLrnRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (size, channels) = (call.op.attribute(0), call.op.output.channels)
  let (alpha, beta, bias) = (call.op.real(1), call.op.real(2), call.op.real(3))
  for pixel in pixelSplit(call.op.output)[part] {
    let x = call.elements(call.op.input(0)) + pixel * channels
    let y = call.values(call.op.output) + pixel * channels
    for c in 0..<channels {
      let first = max(0, c - (size - 1) / 2)
      var sum = 0.0
      for k in first..<min(channels, c + size / 2 + 1) { sum += Double(x[k]) * Double(x[k]) }
      y[c] = Float(Double(x[c]) / pow(bias + alpha / Double(size) * sum, beta))
    }
  }
  return Int32(MTLRT_MODULE_OK)
}
