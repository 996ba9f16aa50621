import BackendKit
import CMTL

// less: one part computes some lines.

private struct IsLess: LaneCombination {
  @inline(__always)
  func callAsFunction(_ a: Lanes, _ b: Lanes) -> Lanes {
    Lanes.zero.replacing(with: 1, where: a .< b)
  }
}

@c(mtlk_simd_less_plan)
func simdLessPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  BroadcastLines(OperatorView(chain)).plan(plan)
}

@c(mtlk_simd_less_run)
func simdLessRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  combine(call, part, local, IsLess())
}
