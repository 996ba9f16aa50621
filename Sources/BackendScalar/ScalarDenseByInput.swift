import BackendKit
import CMTL

// dense_by_input: one part computes a run of results. Sums in Double, rounded once.

/// Results per part.
private func split(_ op: OperatorView) -> Split {
  Split(op.output.count, grain: 32)
}

@c(mtlk_scalar_dense_by_input_plan)
func scalarDenseByInputPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, split(OperatorView(chain)))
}

@c(mtlk_scalar_dense_by_input_run)
func scalarDenseByInputRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  var results = DenseByInputResults(call: call, results: split(call.op)[part])
  call.op.input(1).accept(&results)
  return Int32(MTLRT_MODULE_OK)
}

private struct DenseByInputResults: WeightVisitor {
  let call: CallView
  /// Elements of the result, counted through all rows.
  let results: Range<Int>

  mutating func visit<W: Weight>(_ weights: UnsafePointer<W>) {
    let (op, matrix) = (call.op, call.op.input(1))
    let (length, outputs) = (matrix.dimension(0), matrix.dimension(1))
    let (x, y) = (call.elements(op.input(0)), call.values(op.output))
    let bias = op.optionalInput(2)
    for element in results {
      let (row, o) = element.quotientAndRemainder(dividingBy: outputs)
      let input = x + row * length
      var sum = 0.0
      for k in 0..<length {
        let weight = Double(weights[k * outputs + o].float) * Double(matrix.scale(k))
        sum += Double(input[k]) * weight
      }
      if let bias { sum += Double(bias.floats[o]) }
      y[element] = Float(sum)
    }
  }
}
