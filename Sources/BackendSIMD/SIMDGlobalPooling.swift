import BackendKit
import CMTL

/// How a global pooling operator is cut: one part computes some channels of one image.
private struct GlobalBlocks {
  let channels: Split
  let images: Int

  init(_ op: OperatorView) {
    channels = Split(op.output.channels, grain: 16 * laneCount)
    images = op.output.dimension(0)
  }
}

func globalPlan(_ op: OperatorView, _ plan: UnsafeMutablePointer<mtlrt_plan>) -> Int32 {
  let blocks = GlobalBlocks(op)
  return answer(plan, Split(blocks.images * blocks.channels.parts, grain: 1))
}

/// Combines all pixels of each image of a part, vector by vector along the channels.
@inline(__always)
func globalPool(
  _ call: CallView, _ part: UInt32, _ reduction: some LaneReduction
) {
  let input = call.op.input(0)
  let (pixels, channels) = (input.count(of: 1..<3), input.channels)
  let blocks = GlobalBlocks(call.op)
  for item in Split(blocks.images * blocks.channels.parts, grain: 1)[part] {
    let (image, some) = item.quotientAndRemainder(dividingBy: blocks.channels.parts)
    let block = PixelBlock(
      first: call.elements(input) + image * pixels * channels, rows: 1, columns: pixels,
      rowStep: 0, step: channels)
    block.combine(
      channels: blocks.channels[UInt32(some)],
      to: call.values(call.op.output) + image * channels, reduction)
  }
}
