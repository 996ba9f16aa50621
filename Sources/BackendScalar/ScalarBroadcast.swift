import BackendKit
import CMTL

/// The plan of an operator on broadcast operands.
func broadcastPlan(_ op: OperatorView, _ plan: UnsafeMutablePointer<mtlrt_plan>) -> Int32 {
  let x = op.input(0)
  return answer(
    plan, elementSplit(op.output), inPlace: !x.isConstant && x.hasShape(of: op.output))
}

/// Combines two operands' elements for a run of results.
func broadcastRun(_ call: CallView, _ part: UInt32, _ combine: (Float, Float) -> Float) {
  let operands = BroadcastOperands(call)
  let z = call.values(call.op.output)
  for k in elementSplit(call.op.output)[part] {
    z[k] = combine(operands.at(k, 0), operands.at(k, 1))
  }
}

/// The operands of a node whose shapes are broadcast to the result's.
struct BroadcastOperands {
  let call: CallView

  init(_ call: CallView) { self.call = call }

  /// The element of operand `position` that takes part in element `index` of the result.
  func at(_ index: Int, _ position: Int) -> Float {
    let (output, operand) = (call.op.output, call.op.input(position))
    var (rest, step, source) = (index, 1, 0)
    for axis in (0..<output.rank).reversed() {
      let (next, index) = rest.quotientAndRemainder(dividingBy: output.dimension(axis))
      if operand.dimension(axis) > 1 { source += index * step }
      step *= operand.dimension(axis)
      rest = next
    }
    return call.elements(operand)[source]
  }
}
