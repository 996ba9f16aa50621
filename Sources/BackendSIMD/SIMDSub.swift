import BackendKit
import CMTL

// sub: one part computes some lines.

private struct Difference: LaneCombination {
  @inline(__always)
  func callAsFunction(_ a: Lanes, _ b: Lanes) -> Lanes { a - b }
}

@c(mtlk_simd_sub_plan)
func simdSubPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  BroadcastLines(OperatorView(chain)).plan(plan)
}

@c(mtlk_simd_sub_run)
func simdSubRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  combine(call, part, local, Difference())
}
