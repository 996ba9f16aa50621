import BackendKit
import CBackendSIMD
import CMTL

// group_norm: in the first stage one part sums up some channels of an image, in the second one part
// computes some pixels. Sums are in Double, and so is the difference that the variance is.

@c(mtlk_simd_group_norm_plan)
func simdGroupNormPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  GroupNormalisation(OperatorView(chain)).plan(plan)
}

@c(mtlk_simd_group_norm_run)
func simdGroupNormRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let norm = GroupNormalisation(call.op)
  if stage == 0 {
    norm.sum(call, part)
  } else {
    norm.normalise(call, part, local!.assumingMemoryBound(to: Float.self))
  }
  return Int32(MTLRT_MODULE_OK)
}

private struct GroupNormalisation {
  let images: Int, pixels: Int, channels: Int, groups: Int
  let epsilon: Double
  /// Whether neighbouring pixels of an image's only channel stand for channels, to fill vectors.
  let isFolded: Bool
  /// Of an image's channels, and of its pixels.
  let blocks: Split, rows: Split

  init(_ op: OperatorView) {
    let y = op.output
    let area = y.count(of: 1..<y.rank - 1)
    isFolded = y.channels == 1 && area % laneCount == 0
    images = y.dimension(0)
    (pixels, channels) = isFolded ? (area / laneCount, laneCount) : (area, y.channels)
    (epsilon, groups) = (op.real(0), op.attribute(1))
    blocks = Split(channels, grain: 2 * laneCount)
    rows = Split(pixels, grain: max(1, (1 << 14) / channels))
  }

  func plan(_ plan: UnsafeMutablePointer<mtlrt_plan>) -> Int32 {
    setStages(plan, images * blocks.parts, images * rows.parts)
    plan.pointee.in_place = 1
    plan.pointee.scratch_bytes = UInt64(images * channels * 2 * 8)
    plan.pointee.local_bytes = UInt64(channels * 4 * 4)
    return Int32(MTLRT_MODULE_OK)
  }

  /// The sums of each channel of each image, then the sums of its squares.
  private func sums(_ call: CallView, image: Int) -> UnsafeMutablePointer<Double> {
    call.pointer.pointee.scratch.assumingMemoryBound(to: Double.self) + image * channels * 2
  }

  func sum(_ call: CallView, _ part: UInt32) {
    let (image, block) = Int(part).quotientAndRemainder(dividingBy: blocks.parts)
    let some = blocks[UInt32(block)]
    let target = sums(call, image: image)
    for first in stride(from: some.lowerBound, to: some.upperBound, by: laneCount) {
      let count = min(laneCount, some.upperBound - first)
      var x = call.elements(call.op.input(0)) + image * pixels * channels + first
      var (low, high) = (WideLanes.zero, WideLanes.zero)
      var (lowSquares, highSquares) = (WideLanes.zero, WideLanes.zero)
      for _ in 0..<pixels {
        let lanes = loadSome(x, count)
        let (a, b) = (mtl_wide_low(lanes), mtl_wide_high(lanes))
        (low, high) = (low + a, high + b)
        (lowSquares, highSquares) = (lowSquares + a * a, highSquares + b * b)
        x += channels
      }
      let half = laneCount / 2
      for lane in 0..<count {
        target[first + lane] = lane < half ? low[lane] : high[lane - half]
        target[channels + first + lane] =
          lane < half ? lowSquares[lane] : highSquares[lane - half]
      }
    }
  }

  /// Writes the mean and the reciprocal of the deviation for each channel of an image. Loops over
  /// channels keep their order here: unrolled they would be a third of the kernel's code.
  private func moments(
    _ sums: UnsafePointer<Double>, _ means: UnsafeMutablePointer<Float>,
    _ scales: UnsafeMutablePointer<Float>
  ) {
    let width = channels / groups
    let count = Double(width * pixels)
    for first in stride(from: 0, to: channels, by: width) {
      var (sum, squares) = (0.0, 0.0)
      for c in first..<first + width {
        mtl_keep_order()
        sum += sums[c]
        squares += sums[channels + c]
      }
      let mean = sum / count
      let difference = squares / count - mean * mean
      let variance = difference < 0 ? 0 : difference
      for c in first..<first + width {
        mtl_keep_order()
        means[c] = Float(mean)
        scales[c] = Float(1 / (variance + epsilon).squareRoot())
      }
    }
  }

  func normalise(_ call: CallView, _ part: UInt32, _ local: UnsafeMutablePointer<Float>) {
    let (image, block) = Int(part).quotientAndRemainder(dividingBy: rows.parts)
    let (means, scales) = (local, local + channels)
    moments(sums(call, image: image), means, scales)
    let (gamma, beta) = (local + 2 * channels, local + 3 * channels)
    for c in 0..<channels {
      mtl_keep_order()
      gamma[c] = call.op.input(1).floats[isFolded ? 0 : c]
      beta[c] = call.op.input(2).floats[isFolded ? 0 : c]
    }
    let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
    for row in rows[UInt32(block)] {
      let place = (image * pixels + row) * channels
      forLongLanes(channels) { c, some in
        let normal = (loadSome(x + place + c, some) - loadSome(means + c, some))
          * loadSome(scales + c, some)
        let lanes = multiplyAdd(normal, loadSome(gamma + c, some), loadSome(beta + c, some))
        storeSome(lanes, y + place + c, some)
      }
    }
  }
}
