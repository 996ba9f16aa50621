/// Before operator set 7 an attribute said at which axis of the first operand the second one
/// begins; since then operands end together. Dimensions of 1 behind the second operand make the one
/// the other.
enum OldBroadcasting {
  private static let operators: Set = [
    "Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Less", "Greater",
  ]

  /// How many dimensions of 1 are to be put behind the second operand.
  ///
  /// Errors: the operands do not fit.
  private static func missing(
    _ node: SourceNode, opset: Int, ranks: (first: Int, second: Int)
  ) throws -> Int {
    guard opset < 7, operators.contains(node.op), let axis = try node.integer("axis") else {
      return 0
    }
    let count = try ranks.first - checkedAxis(axis, rank: ranks.first) - ranks.second
    guard count >= 0 else {
      throw ImportError("rank \(ranks.second) from axis \(axis) on of rank \(ranks.first)")
    }
    return count
  }

  static func aligned(
    _ inputs: [HostTensor?], _ node: SourceNode, opset: Int
  ) throws -> [HostTensor?] {
    guard inputs.count == 2, let first = inputs[0], let second = inputs[1] else { return inputs }
    let count = try missing(
      node, opset: opset, ranks: (first.shape.count, second.shape.count))
    return [first, second.reshaped(second.shape + Array(repeating: 1, count: count))]
  }

  static func aligned(_ inputs: [Operand?], _ node: SourceNode, opset: Int) throws -> [Operand?] {
    guard inputs.count == 2, let first = inputs[0], let second = inputs[1] else { return inputs }
    let count = try missing(node, opset: opset, ranks: (first.rank, second.rank))
    let ones = Array(repeating: 1, count: count)
    switch second {
    case .value(var value):
      value.axes += ones.map { _ in [] }
      return [first, .value(value)]
    case .known(let known):
      func grown(_ tensor: HostTensor) -> HostTensor { tensor.reshaped(tensor.shape + ones) }
      let one = grown(known.one)
      return [first, .known(known.two.map { Known(one: one, two: grown($0)) } ?? Known(one))]
    }
  }
}
