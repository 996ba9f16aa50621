import BackendKit
import CMTL

/// Two operands cut into lines: runs of the result along its last dimension, or, where both
/// operands have the result's shape, simply runs of elements. One part computes some lines.
struct BroadcastLines {
  let x: TensorView, y: TensorView, z: TensorView
  let isFlat: Bool
  let split: Split

  init(_ op: OperatorView) {
    (x, y, z) = (op.input(0), op.input(1), op.output)
    isFlat = x.hasShape(of: z) && y.hasShape(of: z)
    split = isFlat
      ? elementSplit(z) : Split(z.count / z.channels, grain: max(1, (1 << 14) / z.channels))
  }

  func plan(_ plan: UnsafeMutablePointer<mtlrt_plan>) -> Int32 {
    answer(plan, split, inPlace: !x.isConstant && x.hasShape(of: z))
  }

  @inline(__always)
  func run(_ call: CallView, _ part: UInt32, _ combine: some LaneCombination) {
    let (a, b, c) = (call.elements(x), call.elements(y), call.values(z))
    let items = split[part]
    if isFlat {
      let first = items.lowerBound
      forLanes(items.count) { next, some in
        let k = first + next
        storeSome(combine(loadSome(a + k, some), loadSome(b + k, some)), c + k, some)
      }
      return
    }
    var left = LineWalk(x, through: z, from: items.lowerBound)
    var right = LineWalk(y, through: z, from: items.lowerBound)
    for line in items {
      let (p, q, target) = (a + left.element, b + right.element, c + line * z.channels)
      forLongLanes(z.channels) { k, some in
        storeSome(combine(operand(x, p, k, some), operand(y, q, k, some)), target + k, some)
      }
      left.advance()
      right.advance()
    }
  }

  @inline(__always)
  private func operand(
    _ tensor: TensorView, _ line: UnsafePointer<Float>, _ k: Int, _ some: Int
  ) -> Lanes {
    tensor.channels == 1 ? Lanes(repeating: line[0]) : loadSome(line + k, some)
  }
}

/// Follows the lines of a result and knows which element of an operand each of them begins with.
private struct LineWalk {
  private(set) var element = 0
  private var position: InlineArray<8, Int> = .init(repeating: 0)
  /// Positions along each axis of the lines, and elements of the operand from one to the next.
  private var counts: InlineArray<8, Int> = .init(repeating: 1)
  private var steps: InlineArray<8, Int> = .init(repeating: 0)
  private let axes: Int

  @inline(never)
  init(_ operand: TensorView, through result: TensorView, from line: Int) {
    axes = result.rank - 1
    var (rest, step) = (line, operand.channels)
    for axis in (0..<axes).reversed() {
      counts[axis] = result.dimension(axis)
      (rest, position[axis]) = rest.quotientAndRemainder(dividingBy: counts[axis])
      steps[axis] = operand.dimension(axis) > 1 ? step : 0
      step *= operand.dimension(axis)
      element += position[axis] * steps[axis]
    }
  }

  @inline(never)
  mutating func advance() {
    for axis in (0..<axes).reversed() {
      position[axis] += 1
      element += steps[axis]
      if position[axis] < counts[axis] { return }
      element -= steps[axis] * counts[axis]
      position[axis] = 0
    }
  }
}
