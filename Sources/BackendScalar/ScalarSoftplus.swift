import BackendKit
import CMTL

// softplus: one part computes a run of elements.

@c(mtlk_scalar_softplus_plan)
func scalarSoftplusPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_softplus_run)
func scalarSoftplusRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  mapElements(CallView(call), part) { x in
    x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x))
  }
  return Int32(MTLRT_MODULE_OK)
}
