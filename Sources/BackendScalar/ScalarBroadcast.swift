import BackendKit
import CMTL

/// The plan of an operator on two broadcast operands.
func broadcastPlan(_ op: OperatorView, _ plan: UnsafeMutablePointer<mtlrt_plan>) -> Int32 {
  let x = op.input(0)
  return answer(
    plan, elementSplit(op.output), inPlace: !x.isConstant && x.hasShape(of: op.output))
}

/// Combines the operands' elements for a run of results.
@inline(__always)
func broadcastRun(_ call: CallView, _ part: UInt32, _ combine: (Float, Float) -> Float) {
  let (a, b) = (call.op.input(0), call.op.input(1))
  let (x, y) = (call.elements(a), call.elements(b))
  let output = call.op.output
  let z = call.values(output)
  for k in elementSplit(output)[part] {
    z[k] = combine(x[sourceIndex(k, output, a)], y[sourceIndex(k, output, b)])
  }
}

/// Which element of `operand` takes part in element `index` of `output`.
private func sourceIndex(_ index: Int, _ output: TensorView, _ operand: TensorView) -> Int {
  var (rest, step, source) = (index, 1, 0)
  for axis in (0..<output.rank).reversed() {
    let (next, position) = rest.quotientAndRemainder(dividingBy: output.dimension(axis))
    if operand.dimension(axis) > 1 { source += position * step }
    step *= operand.dimension(axis)
    rest = next
  }
  return source
}
