import BackendKit
import CMTL

// reduce_sum: one part computes some results. Sums in Double, rounded once.

@c(mtlk_scalar_reduce_sum_plan)
func scalarReduceSumPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, ReducedLines(OperatorView(chain)).split)
}

@c(mtlk_scalar_reduce_sum_run)
func scalarReduceSumRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  reduce(call, ReducedLines(call.op), part) { line in Float(line.sum) }
  return Int32(MTLRT_MODULE_OK)
}
