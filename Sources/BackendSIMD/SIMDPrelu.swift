import BackendKit
import CMTL

// prelu: one part computes some lines.

@c(mtlk_simd_prelu_plan)
func simdPreluPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  BroadcastLines(OperatorView(chain)).plan(plan)
}

@c(mtlk_simd_prelu_run)
func simdPreluRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  BroadcastLines(call.op).run(call, part) { $0.replacing(with: $0 * $1, where: $0 .< 0) }
  return Int32(MTLRT_MODULE_OK)
}
