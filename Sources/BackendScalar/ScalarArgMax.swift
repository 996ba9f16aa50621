import BackendKit
import CMTL

// arg_max: one part computes some results.

@c(mtlk_scalar_arg_max_plan)
func scalarArgMaxPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, ReducedLines(axisOf: OperatorView(chain)).split)
}

@c(mtlk_scalar_arg_max_run)
func scalarArgMaxRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let takesLast = call.op.attribute(1) == 1
  reduce(call, ReducedLines(axisOf: call.op), part) { line in
    var best = 0
    for k in 1..<line.length where line.isAbove(k, best) || (takesLast && !line.isAbove(best, k)) {
      best = k
    }
    return Float(best)
  }
  return Int32(MTLRT_MODULE_OK)
}
