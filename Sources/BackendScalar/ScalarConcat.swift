import BackendKit
import CMTL

// concat: one part copies some runs of every input. A run is what lies together in memory: the
// dimensions from the axis on.

private func split(_ op: OperatorView) -> Split {
  Split(op.output.count(of: 0..<op.attribute(0)), grain: 1 << 6)
}

@c(mtlk_scalar_concat_plan)
func scalarConcatPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, split(OperatorView(chain)))
}

@c(mtlk_scalar_concat_run)
func scalarConcatRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let axis = call.op.attribute(0)
  for run in split(call.op)[part] {
    let output = call.op.output
    var y = call.values(output) + run * output.count(of: axis..<output.rank)
    for position in 0..<call.op.inputCount {
      let input = call.op.input(position)
      let length = input.count(of: axis..<input.rank)
      // A constant is the same for each image.
      let source = run % input.count(of: 0..<axis)
      y.update(from: call.elements(input) + source * length, count: length)
      y += length
    }
  }
  return Int32(MTLRT_MODULE_OK)
}
