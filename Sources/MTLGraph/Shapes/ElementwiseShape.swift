/// One input; the result has its shape.
func sameShape(_ question: ShapeQuestion) throws(ShapeFault) -> [Int] {
  try question.value(0).shape
}

/// One input and the attribute `axis`, below its rank; the result has its shape.
func alongAxisShape(_ question: ShapeQuestion) throws(ShapeFault) -> [Int] {
  let x = try question.value(0)
  guard question.attribute(0) < x.shape.count else { throw .mismatch }
  return x.shape
}

/// A value and f32 parameters with one element per index of its last axis.
func channelwiseShape(_ question: ShapeQuestion) throws(ShapeFault) -> [Int] {
  let x = try question.value(0)
  guard x.shape.count >= 2 else { throw .rank(0) }
  for index in 1..<question.inputs.count {
    try question.channelParameter(index, count: x.shape[x.shape.count - 1])
  }
  return x.shape
}

/// Two operands of one rank, at least one of them a value. Dimensions are equal, or one of them
/// is 1. Dimension 0 grows with the batch: values have the same there, a constant has 1.
func broadcastShape(_ question: ShapeQuestion) throws(ShapeFault) -> [Int] {
  let (a, b) = (try question.operand(0), try question.operand(1))
  guard !a.isConstant || !b.isConstant else { throw .mustBeValue(1) }
  guard a.shape.count == b.shape.count else { throw .rank(1) }
  guard a.shape.count >= 2 else { throw .rank(0) }
  for operand in [a, b] where operand.isConstant {
    guard operand.shape[0] == 1 else { throw .mismatch }
  }
  if !a.isConstant, !b.isConstant {
    guard a.shape[0] == b.shape[0] else { throw .mismatch }
  }
  var shape: [Int] = []
  for (x, y) in zip(a.shape, b.shape) {
    guard x == y || x == 1 || y == 1 else { throw .mismatch }
    shape.append(max(x, y))
  }
  return shape
}
