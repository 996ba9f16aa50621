/// The result has the input's shape.
let sameShape = ShapeRule(inputs: [.value(rank: 1...8)]) { question throws(ShapeFault) in
  question.shape(0)
}

/// The result has the input's shape; attribute 0, `axis`, is below its rank.
let alongAxisShape = ShapeRule(inputs: [.value(rank: 1...8)]) { question throws(ShapeFault) in
  guard question.attribute(0) < question.shape(0).count else { throw .mismatch }
  return question.shape(0)
}

/// (N, ..., C) and f32 parameters (C) → (N, ..., C).
let channelwiseShape = ShapeRule(inputs: [.value(rank: 2...8), .parameter]) {
  question throws(ShapeFault) in
  let x = question.shape(0)
  try question.checkParameters(from: 1, count: x[x.count - 1])
  return x
}

/// A value and a second operand, aligned at the last dimension: dimensions are equal or one of
/// them is 1. Two values have one rank; a constant has at most the value's, and where it has a
/// dimension 0 to meet the batch, that is 1. So nothing is broadcast along the batch.
let broadcastShape = ShapeRule(
  inputs: [
    .value(rank: 1...8), InputRule(kind: .either, types: [.f32], ranks: 0...8),
  ]
) { question throws(ShapeFault) in
  let (x, y) = (question.shape(0), question.shape(1))
  if question.inputs[1]!.isConstant {
    guard y.count <= x.count, y.count < x.count || y[0] == 1 else { throw .mismatch }
  } else {
    guard y.count == x.count, y[0] == x[0] else { throw .mismatch }
  }
  var shape = x
  let offset = x.count - y.count
  for index in y.indices where y[index] != x[offset + index] {
    guard y[index] == 1 || x[offset + index] == 1 else { throw .mismatch }
    shape[offset + index] = max(y[index], x[offset + index])
  }
  return shape
}
