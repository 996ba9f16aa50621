import BackendKit
import CMTL

// clip: one part computes a run of elements.

@c(mtlk_scalar_clip_plan)
func scalarClipPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, elementSplit(OperatorView(chain).output), inPlace: true)
}

@c(mtlk_scalar_clip_run)
func scalarClipRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (least, most) = (Float(call.op.real(0)), Float(call.op.real(1)))
  mapElements(call, part) { x in
    let y = x < least ? least : x
    return y > most ? most : y
  }
  return Int32(MTLRT_MODULE_OK)
}
