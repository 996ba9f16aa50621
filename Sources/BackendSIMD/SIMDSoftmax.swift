import BackendKit
import CBackendSIMD
import CMTL

// softmax: along the last axis one line at a time, vectors along the line; along another axis as
// many lines as lanes, which lie side by side. One part computes some lines or vectors of lines.

/// The lines along the axis: `inner` of them start side by side, and each has `length` elements,
/// `inner` apart.
private struct SoftmaxLines {
  let length: Int, inner: Int
  /// Of lines, or of vectors of them.
  let split: Split

  init(_ op: OperatorView) {
    let (y, axis) = (op.output, op.attribute(0))
    length = y.dimension(axis)
    inner = y.count(of: axis + 1..<y.rank)
    let lanes = inner == 1 ? 1 : laneCount
    split = Split(
      y.count(of: 0..<axis) * ((inner + lanes - 1) / lanes),
      grain: max(1, (1 << 12) / (length * lanes)))
  }

  /// Vectors of lines that start side by side.
  var vectors: Int { (inner + laneCount - 1) / laneCount }
}

@c(mtlk_simd_softmax_plan)
func simdSoftmaxPlan(
  chain: UnsafePointer<mtlrt_chain>, plan: UnsafeMutablePointer<mtlrt_plan>,
  error: UnsafeMutablePointer<mtlrt_error>
) -> Int32 {
  answer(plan, SoftmaxLines(OperatorView(chain)).split, inPlace: true)
}

@c(mtlk_simd_softmax_run)
func simdSoftmaxRun(
  call: UnsafePointer<mtlrt_call>, stage: UInt32, part: UInt32, local: UnsafeMutableRawPointer?
) -> Int32 {
  let call = CallView(call)
  let lines = SoftmaxLines(call.op)
  let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
  let (items, length) = (lines.split[part], lines.length)
  if lines.inner == 1 {
    for item in stride(from: items.lowerBound, to: items.upperBound, by: 2) {
      let (from, to) = (x + item * length, y + item * length)
      if item + 1 < items.upperBound {
        SoftmaxRuns<2>.run(from, to, length)
      } else {
        SoftmaxRuns<1>.run(from, to, length)
      }
    }
    return Int32(MTLRT_MODULE_OK)
  }
  for item in items {
    let (outer, vector) = item.quotientAndRemainder(dividingBy: lines.vectors)
    let lane = vector * laneCount
    let first = outer * lines.inner * length + lane
    softmaxColumns(
      x + first, y + first, length: length, step: lines.inner, min(laneCount, lines.inner - lane))
  }
  return Int32(MTLRT_MODULE_OK)
}

/// Neighbouring lines whose elements lie side by side: several, as one alone would wait for its
/// largest element and its sum. A NaN reaches all results of its line through the sum.
private enum SoftmaxRuns<let lines: Int> {
  private typealias All = InlineArray<lines, Lanes>

  @inline(never)
  static func run(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ length: Int
  ) {
    var most = All(repeating: Lanes(repeating: -.infinity))
    forLanes(length) { next, some in
      for l in 0..<lines {
        let lanes = loadSome(x + l * length + next, some)
        most[l] = atLeast(most[l], mtl_first_lanes(lanes, some, -.infinity))
      }
    }
    for l in 0..<lines { most[l] = Lanes(repeating: mtl_largest_lane(most[l])) }
    var sums = All(repeating: .zero)
    forLanes(length) { next, some in
      for l in 0..<lines {
        let place = l * length + next
        let power = mtl_exponential_of_negative(most[l] - loadSome(x + place, some))
        storeSome(power, y + place, some)
        sums[l] += mtl_first_lanes(power, some, 0)
      }
    }
    for l in 0..<lines { sums[l] = Lanes(repeating: 1 / mtl_lanes_sum(sums[l])) }
    forLanes(length) { next, some in
      for l in 0..<lines {
        let place = y + l * length + next
        storeSome(loadSome(place, some) * sums[l], place, some)
      }
    }
  }
}

/// `lanes` lines side by side, whose elements are `step` apart.
private func softmaxColumns(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, length: Int, step: Int,
  _ lanes: Int
) {
  var most = Lanes(repeating: -.infinity)
  for k in 0..<length { most = atLeast(most, loadSome(x + k * step, lanes)) }
  var sum = Lanes.zero
  for k in 0..<length {
    let power = mtl_exponential_of_negative(most - loadSome(x + k * step, lanes))
    storeSome(power, y + k * step, lanes)
    sum += power
  }
  for k in 0..<length { storeSome(loadSome(y + k * step, lanes) / sum, y + k * step, lanes) }
}
