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
    lines = ReducedLines(op)
    block = Split(lines.inner, grain: 16 * laneCount)
    items = lines.inner == 1
      ? lines.split : Split(lines.count / lines.inner * block.parts, grain: 1)
  }
}

func reducePlan(_ op: OperatorView, _ plan: UnsafeMutablePointer<mtlrt_plan>) -> Int32 {
  answer(plan, ReduceParts(op).items)
}

/// Combines the elements of each line of a part.
@inline(__always)
func reduce(
  _ call: CallView, _ part: UInt32, _ reduction: some LaneReduction
) {
  let parts = ReduceParts(call.op)
  let lines = parts.lines
  let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
  for item in parts.items[part] {
    if lines.inner == 1 {
      let start = reduction.start
      var some = Lanes(repeating: start)
      let line = x + item * lines.length
      forLanes(lines.length) { next, count in
        some = reduction(some, mtl_first_lanes(loadSome(line + next, count), count, start))
      }
      var one = Lanes(repeating: start)
      for lane in 0..<laneCount { one = reduction(one, Lanes(repeating: some[lane])) }
      y[item] = reduction.finish(one, count: lines.length)[0]
    } else {
      let (outer, block) = item.quotientAndRemainder(dividingBy: parts.block.parts)
      let pixels = PixelBlock(
        first: x + outer * lines.length * lines.inner, rows: 1, columns: lines.length, rowStep: 0,
        step: lines.inner)
      pixels.combine(
        channels: parts.block[UInt32(block)], to: y + outer * lines.inner, reduction)
    }
  }
}
