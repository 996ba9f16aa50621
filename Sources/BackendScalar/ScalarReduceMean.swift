import BackendKit
import CMTL

// reduce_mean: one part computes some results. Sums in Double, rounded once.

@c(mtlk_scalar_reduce_mean_plan)
func scalarReduceMeanPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, ReducedLines(OperatorView(chain)).split)
}

@c(mtlk_scalar_reduce_mean_run)
func scalarReduceMeanRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  reduce(call, ReducedLines(call.op), part) { line in Float(line.sum / Double(line.length)) }
  return Int32(MTLRT_MODULE_OK)
}
