import BackendKit
import CMTL

// Depthwise convolution: vectors along the channels; one part computes some rows of results.
// Weights are packed as (kernel position, channel).

private func rowSplit(_ window: Window) -> Split {
  Split(
    window.images * window.vertical.count,
    grain: max(1, (1 << 14) / (window.horizontal.count * window.channels)))
}

func depthwisePlan(
  _ chain: UnsafePointer<mtlrt_chain>, _ plan: UnsafeMutablePointer<mtlrt_plan>
) -> Int32 {
  let convolution = Convolution(OperatorView(chain))
  let verdict = answer(plan, rowSplit(convolution.window))
  plan.pointee.take = UInt32(Epilogue(chain).take)
  plan.pointee.packed_bytes = UInt64(convolution.taps * convolution.window.channels * 4)
  return verdict
}

func depthwiseRun(_ call: CallView, _ convolution: Convolution, _ part: UInt32) {
  let window = convolution.window
  let finish = Finish(epilogue: Epilogue(call.chain))
  let y = call.values(finish.epilogue.output)
  let x = call.elements(call.op.input(0))
  let weights = call.packed!.assumingMemoryBound(to: Float.self)
  for row in rowSplit(window)[part] {
    let (image, h) = row.quotientAndRemainder(dividingBy: window.vertical.count)
    for w in 0..<window.horizontal.count {
      let result = y + (row * window.horizontal.count + w) * window.channels
      position(window, x + image * window.imageElements, h, w, weights, result)
      finish.apply(result, to: result, channel: 0, count: window.channels)
    }
  }
}

/// Sums of all channels at one position.
@inline(__always)
private func position(
  _ window: Window, _ image: UnsafePointer<Float>, _ h: Int, _ w: Int,
  _ weights: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>
) {
  let (vertical, horizontal) = (window.vertical, window.horizontal)
  let (top, left) = (vertical.start(h), horizontal.start(w))
  let rows = vertical.inside(from: top)
  let columns = horizontal.inside(from: left)
  forLanes(window.channels) { channel, some in
    var sum = Lanes.zero
    for i in rows {
      let line = image + (top + i * vertical.dilation) * window.rowElements + channel
      for j in columns {
        let pixel = line + (left + j * horizontal.dilation) * window.channels
        let tap = weights + (i * horizontal.kernel + j) * window.channels + channel
        sum = multiplyAdd(loadSome(pixel, some), loadSome(tap, some), sum)
      }
    }
    storeSome(sum, result + channel, some)
  }
}

/// Brings weights (C, KH, KW, 1) into the order (KH, KW, C).
struct DepthwisePacker: WeightVisitor {
  let weights: TensorView
  let convolution: Convolution
  let target: UnsafeMutablePointer<Float>

  mutating func visit<W: Weight>(_ elements: UnsafePointer<W>) {
    let channels = convolution.window.channels
    for channel in 0..<channels {
      let scale = weights.scale(channel)
      for k in 0..<convolution.taps {
        target[k * channels + channel] = elements[channel * convolution.taps + k].float * scale
      }
    }
  }
}
