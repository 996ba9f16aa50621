/// Operands that differ on attribute 0, `axis`, alone; the result has the sum there.
let concatShape = ShapeRule(inputs: [.operand], work: { _ in 0 }) {
  question throws(ShapeFault) in
  let axis = question.attribute(0)
  var shape = question.shape(0)
  try question.checkOperands()
  guard axis < shape.count else { throw .mismatch }
  for index in 1..<question.inputs.count {
    let next = question.shape(index)
    for dimension in shape.indices where dimension != axis {
      guard next[dimension] == shape[dimension] else { throw .mismatch }
    }
    shape[axis] += next[axis]
  }
  return shape
}

/// (N, ...) → (N, product of the rest).
let flattenShape = ShapeRule(inputs: [.value(rank: 2...8)], work: { _ in 0 }) {
  question throws(ShapeFault) in
  [question.shape(0)[0], try checkedProduct(question.shape(0).dropFirst())]
}

/// (N, ...) → (N, dims...), with as many elements as before.
let reshapeShape = ShapeRule(inputs: [.value(rank: 1...8)], work: { _ in 0 }) {
  question throws(ShapeFault) in
  let shape = question.shape(0)
  let dimensions = question.attributes.map { Int($0) }
  guard try checkedProduct(dimensions) == checkedProduct(shape.dropFirst()) else {
    throw .mismatch
  }
  return [shape[0]] + dimensions
}

/// Dimension 1 + i of the result is dimension `axes[i]` of the input.
let transposeShape = ShapeRule(inputs: [.value(rank: 2...8)], work: { _ in 0 }) {
  question throws(ShapeFault) in
  let shape = question.shape(0)
  let axes = question.attributes.map { Int($0) }
  guard axes.count == shape.count - 1 else { throw .mismatch }
  for axis in 1..<shape.count where !axes.contains(axis) { throw .mismatch }
  return [shape[0]] + axes.map { shape[$0] }
}
