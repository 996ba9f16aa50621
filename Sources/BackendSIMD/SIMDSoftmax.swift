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
      softmaxLines(
        x + item * length, y + item * length, length,
        step: item + 1 < items.upperBound ? length : 0)
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

/// Two lines whose elements lie side by side, `step` apart, as one alone would wait for its largest
/// element and its sum; or one, with a `step` of 0. A NaN reaches all results of its line through
/// the sum.
private func softmaxLines(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ length: Int, step: Int
) {
  typealias Both = InlineArray<2, Lanes>
  var most = Both(repeating: Lanes(repeating: -.infinity))
  forLongLanes(length) { next, some in
    for l in 0..<2 {
      let lanes = loadSome(x + l * step + next, some)
      most[l] = atLeast(most[l], mtl_first_lanes(lanes, some, -.infinity))
    }
  }
  for l in 0..<2 { most[l] = Lanes(repeating: mtl_largest_lane(most[l])) }
  var sums = Both(repeating: .zero)
  forLongLanes(length) { next, some in
    // Both are read before one is written: they may be the same line.
    let away = Both { most[$0] - loadSome(x + $0 * step + next, some) }
    for l in 0..<2 {
      let power = mtl_exponential_of_negative(away[l])
      storeSome(power, y + l * step + next, some)
      sums[l] += mtl_first_lanes(power, some, 0)
    }
  }
  for l in 0..<2 { sums[l] = Lanes(repeating: 1 / mtl_lanes_sum(sums[l])) }
  forLongLanes(length) { next, some in
    let powers = Both { loadSome(y + $0 * step + next, some) }
    for l in 0..<2 { storeSome(powers[l] * sums[l], y + l * step + next, some) }
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
