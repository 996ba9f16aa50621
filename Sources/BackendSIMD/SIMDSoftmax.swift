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
  for item in lines.split[part] {
    if lines.inner == 1 {
      softmaxLine(x + item * lines.length, y + item * lines.length, lines.length)
    } else {
      let (outer, vector) = item.quotientAndRemainder(dividingBy: lines.vectors)
      let lane = vector * laneCount
      let first = outer * lines.inner * lines.length + lane
      softmaxColumns(
        x + first, y + first, length: lines.length, step: lines.inner,
        min(laneCount, lines.inner - lane))
    }
  }
  return Int32(MTLRT_MODULE_OK)
}

/// One line whose elements lie side by side. A NaN reaches all results through the sum.
private func softmaxLine(
  _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ length: Int
) {
  var most = Lanes(repeating: -.infinity)
  forLanes(length) { next, some in
    most = atLeast(most, mtl_first_lanes(loadSome(x + next, some), some, -.infinity))
  }
  let largest = Lanes(repeating: mtl_largest_lane(most))
  var sums = Lanes.zero
  forLanes(length) { next, some in
    let power = mtl_exponential_of_negative(largest - loadSome(x + next, some))
    storeSome(power, y + next, some)
    sums += mtl_first_lanes(power, some, 0)
  }
  let share = Lanes(repeating: 1 / sums.sum())
  forLanes(length) { next, some in storeSome(loadSome(y + next, some) * share, y + next, some) }
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
