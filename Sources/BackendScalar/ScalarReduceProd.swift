import BackendKit
import CMTL

// reduce_prod: one part computes some results. Products in Double, rounded once.

@c(mtlk_scalar_reduce_prod_plan)
func scalarReduceProdPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, ReducedLines(OperatorView(chain)).split)
}

@c(mtlk_scalar_reduce_prod_run)
func scalarReduceProdRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  reduce(call, ReducedLines(call.op), part) { line in
    var product = 1.0
    line.forEach { product *= Double($0) }
    return Float(product)
  }
  return Int32(MTLRT_MODULE_OK)
}
