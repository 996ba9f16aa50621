import BackendKit
import CMTL
import COpenBLAS

// dense: sgemm, or sgemv for a single row. One part computes some outputs of all rows.

private struct DenseBlocks {
  let length: Int
  let rows: Int
  let split: Split

  init(_ op: OperatorView) {
    let matrix = op.input(1)
    length = matrix.dimension(1)
    rows = op.input(0).count / length
    split = Split(matrix.dimension(0), grain: max(16, (1 << 18) / length))
  }
}

@c(mtlk_openblas_dense_plan)
func openBLASDensePlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  let op = OperatorView(chain)
  let blocks = DenseBlocks(op)
  guard max(blocks.rows, blocks.length, blocks.split.count) <= sizeMax else {
    return refuse(error, "larger than 32-bit sizes")
  }
  let verdict = answer(plan, blocks.split)
  plan.pointee.take = UInt32(Epilogue(OperatorView(chain)).take)
  plan.pointee.packed_bytes = packedBytes(op.input(1))
  return verdict
}

@c(mtlk_openblas_dense_pack)
func openBLASDensePack(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafePointer<mtlrt_plan>,
  packed: UnsafeMutableRawPointer, error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  packWeights(OperatorView(chain).input(1), packed)
}

@c(mtlk_openblas_dense_run)
func openBLASDenseRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let blocks = DenseBlocks(call.op)
  let outputs = blocks.split[part]
  let (length, width) = (Int32(blocks.length), Int32(blocks.split.count))
  let x = call.elements(call.op.input(0))
  let matrix = weights(call) + outputs.lowerBound * blocks.length
  let epilogue = Epilogue(call.op)
  let y = call.values(epilogue.output) + outputs.lowerBound
  if blocks.rows == 1 {
    // With a factor of 0, sgemv may still multiply what it finds.
    y.update(repeating: 0, count: outputs.count)
    cblas_sgemv(
      CblasRowMajor, CblasNoTrans, Int32(outputs.count), length, 1, matrix, length, x, 1, 0, y, 1)
  } else {
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, Int32(blocks.rows), Int32(outputs.count), length,
      1, x, length, matrix, length, 0, y, width)
  }
  finish(
    epilogue, y, rows: blocks.rows, stride: blocks.split.count, channel: outputs.lowerBound,
    count: outputs.count)
  return Int32(MTLRT_MODULE_OK)
}
