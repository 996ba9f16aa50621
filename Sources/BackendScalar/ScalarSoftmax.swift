import BackendKit
import CMTL

// softmax: one part computes some lines along the axis. The sum is in Double.

@c(mtlk_scalar_softmax_plan)
func scalarSoftmaxPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, ReducedLines(axisOf: OperatorView(chain)).split, inPlace: true)
}

@c(mtlk_scalar_softmax_run)
func scalarSoftmaxRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let lines = ReducedLines(axisOf: call.op)
  let (length, inner) = (lines.length, lines.inner)
  for line in lines.split[part] {
    let x = call.elements(call.op.input(0)) + lines.first(line)
    let y = call.values(call.op.output) + lines.first(line)
    var largest = -Float.infinity
    for k in 0..<length { largest = greater(largest, x[k * inner]) }
    var sum = 0.0
    for k in 0..<length {
      y[k * inner] = expf(x[k * inner] - largest)
      sum += Double(y[k * inner])
    }
    for k in 0..<length { y[k * inner] = Float(Double(y[k * inner]) / sum) }
  }
  return Int32(MTLRT_MODULE_OK)
}
