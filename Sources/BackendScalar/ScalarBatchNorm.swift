import BackendKit
import CMTL

// batch_norm: one part computes a run of elements.

@c(mtlk_scalar_batch_norm_plan)
func scalarBatchNormPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_batch_norm_run)
func scalarBatchNormRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
  let (gamma, beta) = (call.op.input(1).floats, call.op.input(2).floats)
  let (mean, variance) = (call.op.input(3).floats, call.op.input(4).floats)
  let (epsilon, channels) = (call.op.real(0), call.op.output.channels)
  for k in elementSplit(call.op.output)[part] {
    let c = k % channels
    let scale = Double(gamma[c]) / (Double(variance[c]) + epsilon).squareRoot()
    y[k] = Float((Double(x[k]) - Double(mean[c])) * scale + Double(beta[c]))
  }
  return Int32(MTLRT_MODULE_OK)
}
