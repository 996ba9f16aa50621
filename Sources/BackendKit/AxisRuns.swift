import CMTL

/// An operator that changes one axis, attribute 0, of its first input. Elements that lie together
/// behind the axis are a run; each run of the result takes the place of one or more of the input.
public struct AxisRuns {
  /// Positions on the axis, of the input and of the result.
  public let inputs: Int, outputs: Int
  /// Elements of a run.
  public let length: Int
  /// Of the runs of the result, in order.
  public let split: Split

  public init(_ op: OperatorView) {
    let (x, y, axis) = (op.input(0), op.output, op.attribute(0))
    inputs = x.dimension(axis)
    outputs = y.dimension(axis)
    length = y.count(of: axis + 1..<y.rank)
    split = Split(y.count(of: 0..<axis + 1), grain: max(1, (1 << 14) / length))
  }

  /// Copies to each run of a part the input's run at the position that `source` says; where that is
  /// none, all elements become `others`. Neighbours that stay neighbours are copied at once.
  @inline(__always)
  public func copy(
    _ call: CallView, _ part: UInt32, others: Float = 0, _ source: (Int) -> Int
  ) {
    let x = call.elements(call.op.input(0))
    let y = call.values(call.op.output)
    let runs = split[part]
    var next = runs.lowerBound
    while next < runs.upperBound {
      let (outer, first) = next.quotientAndRemainder(dividingBy: outputs)
      let end = min(outputs, first + runs.upperBound - next)
      let from = source(first)
      var position = first + 1
      let target = y + next * length
      if from >= 0, from < inputs {
        while position < end, from + position - first < inputs,
          source(position) == from + position - first
        { position += 1 }
        // Embedded Swift would copy element by element where it is compiled for size.
        UnsafeMutableRawPointer(target).copyMemory(
          from: x + (outer * inputs + from) * length,
          byteCount: (position - first) * length * MemoryLayout<Float>.stride)
      } else {
        target.update(repeating: others, count: length)
      }
      next += position - first
    }
  }
}

/// A constant of positions on an axis. What is beyond the axis stands for its nearer end.
public struct AxisIndexes {
  private let indexes: UnsafePointer<Int32>
  private let last: Int

  public init(_ tensor: TensorView, below count: Int) {
    indexes = tensor.bytes.assumingMemoryBound(to: Int32.self)
    last = count - 1
  }

  @inline(__always)
  public subscript(_ position: Int) -> Int { min(max(Int(indexes[position]), 0), last) }
}
