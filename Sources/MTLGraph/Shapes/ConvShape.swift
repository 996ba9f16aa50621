/// (N, H, W, C) with weights (O, KH, KW, C / groups) and an optional bias (O) → (N, OH, OW, O).
func convShape(_ question: ShapeQuestion) throws(ShapeFault) -> [Int] {
  let x = try question.value(0)
  let weights = try question.constant(1, types: weightTypes, rank: 4)
  guard x.shape.count == 4 else { throw .rank(0) }
  let groups = question.attribute(8)
  let (outputs, perGroup) = (weights.shape[0], weights.shape[3])
  guard outputs % groups == 0, perGroup <= x.shape[3] / groups, perGroup * groups == x.shape[3]
  else { throw .mismatch }
  if question.inputs.count > 2, question.inputs[2] != nil {
    try question.channelParameter(2, count: outputs)
  }
  let height = try windowCount(
    size: x.shape[1], kernel: weights.shape[1], stride: question.attribute(0),
    before: question.attribute(2), after: question.attribute(4), dilation: question.attribute(6))
  let width = try windowCount(
    size: x.shape[2], kernel: weights.shape[2], stride: question.attribute(1),
    before: question.attribute(3), after: question.attribute(5), dilation: question.attribute(7))
  return [x.shape[0], height, width, outputs]
}
