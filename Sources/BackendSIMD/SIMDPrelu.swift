import BackendKit
import CMTL

// prelu: one part computes some lines.

private struct Prelu: LaneCombination {
  @inline(__always)
  func callAsFunction(_ x: Lanes, _ slope: Lanes) -> Lanes {
    x.replacing(with: x * slope, where: x .< 0)
  }
}

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
  combine(call, part, local, Prelu())
}
