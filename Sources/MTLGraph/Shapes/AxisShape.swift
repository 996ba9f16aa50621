extension ShapeQuestion {
  /// The shape of input 0 with what `size` makes of its dimension on attribute 0, `axis`.
  func resize(
    _ size: (Int) throws(ShapeFault) -> Int
  ) throws(ShapeFault) -> [Int] {
    var shape = shape(0)
    let axis = attribute(0)
    guard axis < shape.count else { throw .mismatch }
    shape[axis] = try size(shape[axis])
    return shape
  }
}

/// `count` positions of the axis from `start` on, `step` apart.
let sliceShape = ShapeRule(inputs: [.value(rank: 2...8)], work: { _ in 0 }) {
  question throws(ShapeFault) in
  try question.resize { size throws(ShapeFault) in
    let (start, count, step) = (question.attribute(1), question.attribute(2), question.attribute(3))
    guard start + (count - 1) * step < size else { throw .mismatch }
    return count
  }
}

/// The axis grows by `before` and `after`.
let padShape = ShapeRule(inputs: [.value(rank: 2...8)], work: { _ in 0 }) {
  question throws(ShapeFault) in
  try question.resize { size throws(ShapeFault) in
    size + question.attribute(1) + question.attribute(2)
  }
}

/// As many positions on the axis as there are indexes.
let gatherShape = ShapeRule(
  inputs: [.value(rank: 2...8), .indexes(rank: 1)], work: { _ in 0 }
) { question throws(ShapeFault) in
  try question.resize { _ throws(ShapeFault) in question.shape(1)[0] }
}

/// Indexes and weights (O, K): O positions on the axis, each a sum of K.
let resampleShape = ShapeRule(
  inputs: [
    .value(rank: 2...8), .indexes(rank: 2),
    InputRule(kind: .constant, types: [.f32], ranks: 2...2),
  ],
  work: { question in 2 * Double(question.shape(1)[1]) }
) { question throws(ShapeFault) in
  guard question.shape(1) == question.shape(2) else { throw .mismatch }
  return try question.resize { _ throws(ShapeFault) in question.shape(1)[0] }
}

/// The dimensions from attribute 0, `first`, to attribute 1, `last`, become 1.
let reduceShape = ShapeRule(
  inputs: [.value(rank: 2...8)],
  work: { question in
    question.shape(0)[question.attribute(0)...question.attribute(1)].reduce(1) { $0 * Double($1) }
  }
) { question throws(ShapeFault) in
  var shape = question.shape(0)
  let (first, last) = (question.attribute(0), question.attribute(1))
  guard first <= last, last < shape.count else { throw .mismatch }
  for axis in first...last { shape[axis] = 1 }
  return shape
}

/// The axis becomes 1.
let argShape = ShapeRule(
  inputs: [.value(rank: 2...8)],
  work: { question in Double(question.shape(0)[question.attribute(0)]) }
) { question throws(ShapeFault) in
  try question.resize { _ throws(ShapeFault) in 1 }
}

/// The axis becomes attribute 1, `k`.
let topShape = ShapeRule(
  inputs: [.value(rank: 2...8)],
  work: { question in Double(question.shape(0)[question.attribute(0)]) }
) { question throws(ShapeFault) in
  try question.resize { size throws(ShapeFault) in
    guard question.attribute(1) <= size else { throw .mismatch }
    return question.attribute(1)
  }
}
