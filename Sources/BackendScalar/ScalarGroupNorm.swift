import BackendKit
import CMTL

// group_norm: one part computes some groups of some images. Sums in Double.

/// Groups of all images.
private func groupSplit(_ op: OperatorView) -> Split {
  Split(op.output.dimension(0) * op.attribute(1), grain: 1)
}

@c(mtlk_scalar_group_norm_plan)
func scalarGroupNormPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, groupSplit(OperatorView(chain)), inPlace: true)
}

@c(mtlk_scalar_group_norm_run)
func scalarGroupNormRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let (output, epsilon, groups) = (call.op.output, call.op.real(0), call.op.attribute(1))
  let pixels = output.count(of: 1..<output.rank - 1)
  let channels = output.channels / groups
  for item in groupSplit(call.op)[part] {
    let (image, group) = item.quotientAndRemainder(dividingBy: groups)
    normalise(
      call, first: image * pixels * output.channels, pixels: pixels,
      channels: group * channels..<(group + 1) * channels, epsilon)
  }
  return Int32(MTLRT_MODULE_OK)
}
