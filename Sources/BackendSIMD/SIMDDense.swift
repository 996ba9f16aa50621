import BackendKit
import CBackendSIMD
import CMTL

// dense: dot products straight from the weights as they lie in the file, `tileOutputs` outputs and
// `tileRows` rows at a time, vectors along the inputs. One part computes some outputs of some rows.

private let tileOutputs = 4
private let tileRows = 3

/// How a dense layer is cut.
private struct DenseBlocks {
  let length: Int
  let rows: Split
  let outputs: Split

  init(_ op: OperatorView) {
    let matrix = op.input(1)
    length = matrix.dimension(1)
    rows = Split(op.input(0).count / length, grain: 16 * tileRows)
    let work = max(1, (1 << 17) / (length * min(rows.count, rows.grain)))
    outputs = Split(
      matrix.dimension(0), grain: (work + tileOutputs - 1) / tileOutputs * tileOutputs)
  }

  /// As a split of rows times outputs; the outputs run fastest.
  var split: Split { Split(rows.parts * outputs.parts, grain: 1) }
}

@c(mtlk_simd_dense_plan)
func simdDensePlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  let verdict = answer(plan, DenseBlocks(OperatorView(chain)).split)
  plan.pointee.take = UInt32(Epilogue(chain).take)
  return verdict
}

@c(mtlk_simd_dense_run)
func simdDenseRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let blocks = DenseBlocks(call.op)
  for block in blocks.split[part] {
    let (row, output) = block.quotientAndRemainder(dividingBy: blocks.outputs.parts)
    let product = DenseProduct(
      call: call, length: blocks.length, rows: blocks.rows[UInt32(row)],
      outputs: blocks.outputs[UInt32(output)])
    switch call.op.input(1).type {
    case MTLRT_F16: product.run(Half.self)
    case MTLRT_I16: product.run(Int16.self)
    case MTLRT_I8: product.run(Int8.self)
    default: product.run(Float.self)
    }
  }
  return Int32(MTLRT_MODULE_OK)
}

/// Some outputs of some rows.
private struct DenseProduct {
  let call: CallView
  let length: Int
  let rows: Range<Int>
  let outputs: Range<Int>

  func run<W: LaneWeight>(_: W.Type) {
    let matrix = call.op.input(1)
    let weights = matrix.bytes.assumingMemoryBound(to: W.self)
    let x = call.elements(call.op.input(0))
    let finish = Finish(epilogue: Epilogue(call.chain))
    let width = matrix.dimension(0)
    let y = call.values(finish.epilogue.output)
    for output in stride(from: outputs.lowerBound, to: outputs.upperBound, by: tileOutputs) {
      let count = min(tileOutputs, outputs.upperBound - output)
      for row in stride(from: rows.lowerBound, to: rows.upperBound, by: tileRows) {
        let sums = denseTile(
          weights + output * length, outputs: count, x + row * length,
          rows: min(tileRows, rows.upperBound - row), length: length)
        for r in 0..<min(tileRows, rows.upperBound - row) {
          for o in 0..<count {
            y[(row + r) * width + output + o] = sums[r][o] * matrix.scale(output + o)
          }
        }
      }
    }
    for row in rows {
      let results = y + row * width + outputs.lowerBound
      finish.apply(results, to: results, channel: outputs.lowerBound, count: outputs.count)
    }
  }
}
