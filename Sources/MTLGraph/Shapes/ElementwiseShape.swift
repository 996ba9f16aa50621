/// The result has the input's shape.
let sameShape = ShapeRule(inputs: [.value(rank: 1...8)], work: { _ in 1 }) {
  question throws(ShapeFault) in
  question.shape(0)
}

/// The result has the input's shape; attribute 0, `axis`, is below its rank.
let alongAxisShape = ShapeRule(inputs: [.value(rank: 1...8)], work: { _ in 5 }) {
  question throws(ShapeFault) in
  guard question.attribute(0) < question.shape(0).count else { throw .mismatch }
  return question.shape(0)
}

/// (N, ..., C) and f32 parameters (C) → (N, ..., C).
let channelwiseShape = ShapeRule(
  inputs: [.value(rank: 2...8), .parameter], work: { _ in 2 }
) { question throws(ShapeFault) in
  let x = question.shape(0)
  try question.checkParameters(from: 1, count: x[x.count - 1])
  return x
}

/// As `channelwiseShape`, with the channels in groups: attribute 1.
let groupedShape = ShapeRule(inputs: channelwiseShape.inputs, work: { _ in 4 }) {
  question throws(ShapeFault) in
  let shape = try channelwiseShape.result(question)
  guard shape[shape.count - 1] % question.attribute(1) == 0 else { throw .mismatch }
  return shape
}

/// Operands of one rank, at least one of them a value. Dimensions are equal or 1. Dimension 0 grows
/// with the batch: values have the same there, a constant has 1.
let broadcastShape = ShapeRule(inputs: [.operand], work: { _ in 1 }) {
  question throws(ShapeFault) in
  var shape = question.shape(0)
  try question.checkOperands()
  for index in 1..<question.inputs.count {
    for (axis, size) in question.shape(index).enumerated() where size != shape[axis] {
      guard size == 1 || shape[axis] == 1 else { throw .mismatch }
      shape[axis] = max(size, shape[axis])
    }
  }
  return shape
}
