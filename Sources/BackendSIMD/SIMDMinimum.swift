import BackendKit
import CMTL

// minimum: one part computes some lines.

private struct Least: LaneCombination {
  @inline(__always)
  func callAsFunction(_ a: Lanes, _ b: Lanes) -> Lanes { -greater(-a, -b) }
}

@c(mtlk_simd_minimum_plan)
func simdMinimumPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  BroadcastLines(OperatorView(chain)).plan(plan)
}

@c(mtlk_simd_minimum_run)
func simdMinimumRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  combine(call, part, local, Least())
}
