import BackendKit
import CBackendSIMD
import CMTL

// gelu: one part computes a run of elements.

struct Gelu: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    x * mtl_normal_share(x)
  }
}

/// By tanh: (1 + tanh(u)) / 2 is the logistic function of 2 u.
private struct ApproximateGelu: LaneFormula {
  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    let (linear, cubic) = (Lanes(repeating: 1.595_769_12), Lanes(repeating: 0.071_354_816))
    return x * mtl_logistic(x * multiplyAdd(x * x, cubic, linear))
  }
}

@c(mtlk_simd_gelu_plan)
func simdGeluPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_simd_gelu_run)
func simdGeluRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  if call.op.attribute(0) == 0 {
    mapElements(call, part, Gelu())
  } else {
    mapElements(call, part, ApproximateGelu())
  }
  return Int32(MTLRT_MODULE_OK)
}
