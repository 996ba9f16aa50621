/// Values of one rank that differ on `axis` alone; the result has the sum there.
func concatShape(_ question: ShapeQuestion) throws(ShapeFault) -> [Int] {
  let axis = question.attribute(0)
  var shape = try question.value(0).shape
  guard axis < shape.count else { throw .mismatch }
  for index in 1..<question.inputs.count {
    let next = try question.value(index).shape
    guard next.count == shape.count else { throw .rank(index) }
    for dimension in shape.indices where dimension != axis {
      guard next[dimension] == shape[dimension] else { throw .mismatch }
    }
    shape[axis] += next[axis]
  }
  return shape
}

/// (N, ...) → (N, product of the rest).
func flattenShape(_ question: ShapeQuestion) throws(ShapeFault) -> [Int] {
  let shape = try question.value(0).shape
  guard shape.count >= 2 else { throw .rank(0) }
  return [shape[0], try checkedProduct(shape.dropFirst())]
}

/// (N, ...) → (N, dims...), with as many elements as before.
func reshapeShape(_ question: ShapeQuestion) throws(ShapeFault) -> [Int] {
  let shape = try question.value(0).shape
  guard shape.count >= 1 else { throw .rank(0) }
  let dimensions = question.attributes.map { Int($0) }
  guard dimensions.count < 8 else { throw .mismatch }
  guard try checkedProduct(dimensions) == checkedProduct(shape.dropFirst()) else {
    throw .mismatch
  }
  return [shape[0]] + dimensions
}
