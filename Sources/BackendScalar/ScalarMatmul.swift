import BackendKit
import CMTL

// matmul: one part computes a run of results. Sums in Double, rounded once.

@c(mtlk_scalar_matmul_plan)
func scalarMatmulPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, Split(OperatorView(chain).output.count, grain: 32))
}

@c(mtlk_scalar_matmul_run)
func scalarMatmulRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let product = MatrixProduct(call.op)
  let (a, b) = (call.elements(call.op.input(0)), call.elements(call.op.input(1)))
  let y = call.values(call.op.output)
  for element in Split(call.op.output.count, grain: 32)[part] {
    let (row, column) = element.quotientAndRemainder(dividingBy: product.columns)
    let (matrix, i) = row.quotientAndRemainder(dividingBy: product.rows)
    let left = a + product.start(matrix, of: call.op.input(0)) + i * product.terms
    let right = b + product.start(matrix, of: call.op.input(1)) + column * product.columnStep
    var sum = 0.0
    for k in 0..<product.terms { sum += Double(left[k]) * Double(right[k * product.termStep]) }
    y[element] = Float(sum)
  }
  return Int32(MTLRT_MODULE_OK)
}
