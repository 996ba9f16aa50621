import BackendKit
import CMTL

/// The plan of a global pooling operator: one part computes one image.
func globalPlan(_ op: OperatorView, _ plan: UnsafeMutablePointer<mtlrt_plan>) -> Int32 {
  answer(plan, Split(op.output.dimension(0), grain: 1))
}

/// Combines all pixels of each image of a part, vector by vector along the channels. `finish` gets
/// the result and the number of pixels.
@inline(__always)
func globalPool(
  _ call: CallView, _ part: UInt32, from start: Lanes, _ combine: (Lanes, Lanes) -> Lanes,
  finish: (Lanes, Int) -> Lanes
) {
  let input = call.op.input(0)
  let (pixels, channels) = (input.count(of: 1..<3), input.channels)
  for image in Split(input.dimension(0), grain: 1)[part] {
    let x = call.elements(input) + image * pixels * channels
    let y = call.values(call.op.output) + image * channels
    forLanes(channels) { c, some in
      var result = start
      for pixel in 0..<pixels { result = combine(result, loadSome(x + pixel * channels + c, some)) }
      storeSome(finish(result, pixels), y + c, some)
    }
  }
}
