/// (N, H, W, C) with weights (O, KH, KW, C / groups) and an optional bias (O) → (N, OH, OW, O).
let convShape = ShapeRule(
  inputs: [.value(rank: 4...4), .weights(rank: 4), .parameter],
  work: { question in question.shape(1).dropFirst().reduce(2) { $0 * Double($1) } }
) { question throws(ShapeFault) in
  let (x, weights) = (question.shape(0), question.shape(1))
  let groups = question.attribute(8)
  guard x[3] % groups == 0, weights[0] % groups == 0, weights[3] == x[3] / groups
  else { throw .mismatch }
  try question.checkParameters(from: 2, count: weights[0])
  let height = try windowCount(
    size: x[1], kernel: weights[1], stride: question.attribute(0),
    before: question.attribute(2), after: question.attribute(4), dilation: question.attribute(6))
  let width = try windowCount(
    size: x[2], kernel: weights[2], stride: question.attribute(1),
    before: question.attribute(3), after: question.attribute(5), dilation: question.attribute(7))
  return [x[0], height, width, weights[0]]
}
