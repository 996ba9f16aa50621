import BackendKit
import CMTL

// relu: one part computes a run of elements.

struct Relu: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    atLeast(.zero, x)
  }
}

@c(mtlk_simd_relu_plan)
func simdReluPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_relu_run)
func simdReluRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part, Relu())
  return Int32(MTLRT_MODULE_OK)
}
