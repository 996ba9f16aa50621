/// (..., K) with weights (O, K) and an optional bias (O) → (..., O).
func denseShape(_ question: ShapeQuestion) throws(ShapeFault) -> [Int] {
  let x = try question.value(0)
  let weights = try question.constant(1, types: weightTypes, rank: 2)
  guard x.shape.count >= 2 else { throw .rank(0) }
  guard x.shape[x.shape.count - 1] == weights.shape[1] else { throw .mismatch }
  if question.inputs.count > 2, question.inputs[2] != nil {
    try question.channelParameter(2, count: weights.shape[0])
  }
  return Array(x.shape.dropLast()) + [weights.shape[0]]
}
