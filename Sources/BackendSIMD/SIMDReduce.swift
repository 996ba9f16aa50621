import BackendKit
import CBackendSIMD
import CMTL

/// How lines are reduced: those along the last axis by vectors along the line, others as many at a
/// time as vectors hold. One part computes some lines, or a block of lines that start side by side.
private struct ReduceParts {
  let lines: ReducedLines
  /// Of the lines that start side by side.
  let block: Split
  let items: Split

  init(_ op: OperatorView) {
    let isGlobal = op.code == MTLRT_OP_GLOBAL_AVG_POOL || op.code == MTLRT_OP_GLOBAL_MAX_POOL
    lines = isGlobal ? ReducedLines(pixelsOf: op) : ReducedLines(op)
    block = Split(lines.inner, grain: 16 * laneCount)
    items = lines.inner == 1
      ? lines.split : Split(lines.count / lines.inner * block.parts, grain: 1)
  }
}

func reducePlan(_ op: OperatorView, _ plan: UnsafeMutablePointer<mtlrt_plan>) -> Int32 {
  answer(plan, ReduceParts(op).items)
}

/// The mean of each line of a part, or the sum, which is divided by a `count` of 1.
@inline(never)
func reduceMean(_ call: UnsafePointer<mtlrt_call>, _ part: UInt32, count: Int? = nil) -> Int32 {
  reduce(CallView(call), part, Mean(count: count))
}

/// The greatest element of each line of a part, or with a `sign` of -1 the least.
@inline(never)
func reduceGreatest(_ call: UnsafePointer<mtlrt_call>, _ part: UInt32, sign: Float) -> Int32 {
  reduce(CallView(call), part, SignedGreatest(sign: Lanes(repeating: sign)))
}

/// The greatest of elements times a sign, times the sign.
private struct SignedGreatest: LaneReduction {
  let sign: Lanes
  var start: Float { -.infinity }

  @inline(__always)
  func take(_ elements: Lanes) -> Lanes { elements * sign }

  @inline(__always)
  func callAsFunction(_ a: Lanes, _ b: Lanes) -> Lanes { greater(a, b) }

  @inline(__always)
  func finish(_ all: Lanes, count: Int) -> Lanes { all * sign }
}

/// Combines the elements of each line of a part.
@inline(__always)
private func reduce(_ call: CallView, _ part: UInt32, _ reduction: some LaneReduction) -> Int32 {
  let parts = ReduceParts(call.op)
  let lines = parts.lines
  let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
  for item in parts.items[part] {
    if lines.inner == 1 {
      let start = reduction.start
      var some = Lanes(repeating: start)
      let line = x + item * lines.length
      forLanes(lines.length) { next, count in
        let elements = reduction.take(loadSome(line + next, count))
        some = reduction(some, mtl_first_lanes(elements, count, start))
      }
      if laneCount > 8 { some = reduction(some, mtl_turned(some, 8)) }
      if laneCount > 4 { some = reduction(some, mtl_turned(some, 4)) }
      some = reduction(some, mtl_turned(some, 2))
      some = reduction(some, mtl_turned(some, 1))
      y[item] = reduction.finish(some, count: lines.length)[0]
    } else {
      let (outer, block) = item.quotientAndRemainder(dividingBy: parts.block.parts)
      let pixels = PixelBlock(
        first: x + outer * lines.length * lines.inner, rows: 1, columns: lines.length, rowStep: 0,
        step: lines.inner)
      pixels.combine(
        channels: parts.block[UInt32(block)], to: y + outer * lines.inner, reduction)
    }
  }
  return Int32(MTLRT_MODULE_OK)
}
