import BackendKit
import CMTL

// log_softmax: one part computes some lines along the axis. The sum is in Double.

@c(mtlk_scalar_log_softmax_plan)
func scalarLogSoftmaxPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, ReducedLines(axisOf: OperatorView(chain)).split, inPlace: true)
}

@c(mtlk_scalar_log_softmax_run)
func scalarLogSoftmaxRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let lines = ReducedLines(axisOf: call.op)
  let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
  for index in lines.split[part] {
    let line = lines.line(index, of: x)
    var largest = -Float.infinity
    line.forEach { largest = greater(largest, $0) }
    var sum = 0.0
    line.forEach { sum += exp(Double($0) - Double(largest)) }
    let shift = Double(largest) + log(sum)
    let first = lines.first(index)
    for k in 0..<line.length { y[first + k * lines.inner] = Float(Double(line[k]) - shift) }
  }
  return Int32(MTLRT_MODULE_OK)
}
