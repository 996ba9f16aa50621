import BackendKit
import CMTL

// matmul: the second operand's matrices are packed into panels, then multiplied.

@c(mtlk_simd_matmul_plan)
func simdMatmulPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  MatmulLayout(OperatorView(chain)).plan(plan)
}

@c(mtlk_simd_matmul_run)
func simdMatmulRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let layout = MatmulLayout(call.op)
  if stage == 0 {
    layout.pack(call, part)
  } else {
    layout.multiply(call, part, local!.assumingMemoryBound(to: Float.self))
  }
  return Int32(MTLRT_MODULE_OK)
}

/// How products of matrices are cut: in the first stage one part packs some panels, in the second
/// one part computes some rows of one matrix.
private struct MatmulLayout {
  let product: MatrixProduct
  /// Panels of one matrix of the second operand, and floats of a panel.
  let panels: Int, panelCount: Int
  /// Of the panels of all matrices of the second operand.
  let packing: Split
  /// Of the rows of one matrix.
  let rows: Split

  init(_ op: OperatorView) {
    product = MatrixProduct(op)
    panels = Gemm.panels(product.columns)
    panelCount = product.terms * Gemm.columns
    let matrices = op.input(1).count(of: 0..<op.input(1).rank - 2)
    packing = Split(matrices * panels, grain: max(1, (1 << 13) / panelCount))
    rows = Split(product.rows, grain: 4 * Gemm.rowsMax)
  }

  func plan(_ plan: UnsafeMutablePointer<mtlrt_plan>) -> Int32 {
    setStages(plan, packing.parts, product.count * rows.parts)
    plan.pointee.scratch_bytes = UInt64(packing.count * panelCount * 4)
    plan.pointee.local_bytes = UInt64(rows.grain * Gemm.columns * 4)
    return Int32(MTLRT_MODULE_OK)
  }

  private func packed(_ call: CallView) -> UnsafeMutablePointer<Float> {
    call.pointer.pointee.scratch.assumingMemoryBound(to: Float.self)
  }

  func pack(_ call: CallView, _ part: UInt32) {
    for item in packing[part] {
      let (matrix, panel) = item.quotientAndRemainder(dividingBy: panels)
      let first = panel * Gemm.columns
      let count = min(Gemm.columns, product.columns - first)
      let source = call.elements(call.op.input(1)) + matrix * product.terms * product.columns
        + first * product.columnStep
      let target = packed(call) + item * panelCount
      for k in 0..<product.terms {
        let (from, to) = (source + k * product.termStep, target + k * Gemm.columns)
        if product.columnStep == 1, count == Gemm.columns {
          for v in 0..<2 { store(load(from + v * laneCount), to + v * laneCount) }
        } else {
          for j in 0..<count { to[j] = from[j * product.columnStep] }
          for j in count..<Gemm.columns { to[j] = 0 }
        }
      }
    }
  }

  func multiply(_ call: CallView, _ part: UInt32, _ local: UnsafeMutablePointer<Float>) {
    let (matrix, block) = Int(part).quotientAndRemainder(dividingBy: rows.parts)
    let some = rows[UInt32(block)]
    let (terms, columns) = (product.terms, product.columns)
    let left = call.elements(call.op.input(0)) + product.start(matrix, of: call.op.input(0))
      + some.lowerBound * terms
    let second = product.start(matrix, of: call.op.input(1)) / (terms * columns)
    let weights = UnsafePointer(packed(call)) + second * panels * panelCount
    let results = call.values(call.op.output) + (matrix * product.rows + some.lowerBound) * columns
    for panel in 0..<panels {
      let first = panel * Gemm.columns
      let count = min(Gemm.columns, columns - first)
      let isWhole = count == Gemm.columns
      Gemm.sums(
        left, stride: terms, count: some.count, taps: terms, weights: weights + panel * panelCount,
        to: isWhole ? results + first : local, sumStride: isWhole ? columns : Gemm.columns,
        outputs: count)
      if isWhole { continue }
      for row in 0..<some.count {
        let (from, to) = (local + row * Gemm.columns, results + row * columns + first)
        forLongLanes(count) { next, some in storeSome(load(from + next), to + next, some) }
      }
    }
  }
}
