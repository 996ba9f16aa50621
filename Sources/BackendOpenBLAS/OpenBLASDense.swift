import BackendKit
import CMTL
import COpenBLAS

// dense: sgemm, or sgemv for a single row. One part computes some outputs of all rows.

@c(mtlk_openblas_dense_plan)
func openBLASDensePlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  DenseBlocks(OperatorView(chain), liesByInput: false).plan(chain, plan, error)
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
  return DenseBlocks(call.op, liesByInput: false).run(call, part)
}

/// How a dense layer is cut, whichever way its weights lie.
struct DenseBlocks {
  private let length: Int, width: Int
  private let rows: Int
  /// Whether weights are (K, O), not (O, K).
  private let liesByInput: Bool
  private let split: Split

  init(_ op: OperatorView, liesByInput: Bool) {
    let matrix = op.input(1)
    (length, width) = (matrix.dimension(liesByInput ? 0 : 1), matrix.dimension(liesByInput ? 1 : 0))
    rows = op.input(0).count / length
    self.liesByInput = liesByInput
    split = Split(width, grain: max(16, (1 << 18) / length))
  }

  func plan(
    _ chain: UnsafePointer<mtlrt_chain>, _ plan: UnsafeMutablePointer<mtlrt_plan>,
    _ error: UnsafeMutablePointer<mtlrt_error>
  ) -> Int32 {
    guard max(rows, length, width) <= sizeMax else {
      return refuse(error, "larger than 32-bit sizes")
    }
    let (op, verdict) = (OperatorView(chain), answer(plan, split))
    plan.pointee.take = UInt32(Epilogue(op).take)
    plan.pointee.packed_bytes = packedBytes(op.input(1))
    return verdict
  }

  func run(_ call: CallView, _ part: UInt32) -> Int32 {
    let outputs = split[part]
    let step = Int32(liesByInput ? width : length)
    let x = call.elements(call.op.input(0))
    let matrix = weights(call) + outputs.lowerBound * (liesByInput ? 1 : length)
    let epilogue = Epilogue(call.op)
    let y = call.values(epilogue.output) + outputs.lowerBound
    let (count, taps) = (Int32(outputs.count), Int32(length))
    if rows == 1 {
      // With a factor of 0, sgemv may still multiply what it finds.
      y.update(repeating: 0, count: outputs.count)
      if liesByInput {
        cblas_sgemv(CblasRowMajor, CblasTrans, taps, count, 1, matrix, step, x, 1, 0, y, 1)
      } else {
        cblas_sgemv(CblasRowMajor, CblasNoTrans, count, taps, 1, matrix, step, x, 1, 0, y, 1)
      }
    } else {
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, liesByInput ? CblasNoTrans : CblasTrans, Int32(rows), count,
        taps, 1, x, taps, matrix, step, 0, y, Int32(width))
    }
    finish(
      epilogue, y, rows: rows, stride: width, channel: outputs.lowerBound, count: outputs.count)
    return Int32(MTLRT_MODULE_OK)
  }
}
