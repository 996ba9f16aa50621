import BackendKit
import CMTL

// reduce_max: one part computes some results.

@c(mtlk_scalar_reduce_max_plan)
func scalarReduceMaxPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, ReducedLines(OperatorView(chain)).split)
}

@c(mtlk_scalar_reduce_max_run)
func scalarReduceMaxRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  reduce(call, ReducedLines(call.op), part) { line in
    var largest = -Float.infinity
    line.forEach { largest = greater(largest, $0) }
    return largest
  }
  return Int32(MTLRT_MODULE_OK)
}
