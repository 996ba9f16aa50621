import BackendKit
import CMTL

// clip: one part computes a run of elements.

struct Clip: LaneFormula {
  let least: Lanes
  let most: Lanes

  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    atMost(most, atLeast(least, x))
  }
}

@c(mtlk_simd_clip_plan)
func simdClipPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_clip_run)
func simdClipRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let least = Lanes(repeating: Float(call.op.real(0)))
  let most = Lanes(repeating: Float(call.op.real(1)))
  mapElements(call, part, Clip(least: least, most: most))
  return Int32(MTLRT_MODULE_OK)
}
