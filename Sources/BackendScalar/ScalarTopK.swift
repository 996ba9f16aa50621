import BackendKit
import CMTL

// top_k: one part computes some lines.

@c(mtlk_scalar_top_k_plan)
func scalarTopKPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, ReducedLines(axisOf: OperatorView(chain)).split)
}

@c(mtlk_scalar_top_k_run)
func scalarTopKRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  chooseLargest(call, part) { line, chosen in line[chosen] }
  return Int32(MTLRT_MODULE_OK)
}
