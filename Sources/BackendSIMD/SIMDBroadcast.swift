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
  func run(_ call: CallView, _ part: UInt32, _ combine: (Lanes, Lanes) -> Lanes) {
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
    for line in items {
      let (left, right) = (a + start(line, of: x), b + start(line, of: y))
      let target = c + line * z.channels
      forLanes(z.channels) { k, some in
        let lanes = combine(operand(x, left, k, some), operand(y, right, k, some))
        storeSome(lanes, target + k, some)
      }
    }
  }

  @inline(__always)
  private func operand(
    _ tensor: TensorView, _ line: UnsafePointer<Float>, _ k: Int, _ some: Int
  ) -> Lanes {
    tensor.channels == 1 ? Lanes(repeating: line[0]) : loadSome(line + k, some)
  }

  /// Index of the element of `operand` with which a line of the result begins.
  private func start(_ line: Int, of operand: TensorView) -> Int {
    var (rest, step, first) = (line, operand.channels, 0)
    for axis in (0..<z.rank - 1).reversed() {
      let (next, position) = rest.quotientAndRemainder(dividingBy: z.dimension(axis))
      if operand.dimension(axis) > 1 { first += position * step }
      step *= operand.dimension(axis)
      rest = next
    }
    return first
  }
}
