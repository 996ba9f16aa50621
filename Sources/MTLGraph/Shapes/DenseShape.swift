/// (N, ..., K) with weights (O, K) and an optional bias (O) → (N, ..., O).
let denseShape = ShapeRule(
  inputs: [.value(rank: 2...8), .weights(rank: 2), .parameter],
  work: { question in 2 * Double(question.shape(1)[1]) }
) { question throws(ShapeFault) in
  let (x, weights) = (question.shape(0), question.shape(1))
  guard x[x.count - 1] == weights[1] else { throw .mismatch }
  try question.checkParameters(from: 2, count: weights[0])
  return Array(x.dropLast()) + [weights[0]]
}
