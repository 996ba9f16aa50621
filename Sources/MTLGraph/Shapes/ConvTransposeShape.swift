/// (N, H, W, C) with weights (O, KH, KW, C / groups) and an optional bias (O) → (N, OH, OW, O),
/// the other way round: each position of the input reaches a window of the result.
let convTransposeShape = ShapeRule(
  inputs: [.value(rank: 4...4), .weights(rank: 4), .parameter],
  work: { question in
    let weights = question.shape(1).dropFirst().reduce(2) { $0 * Double($1) }
    return weights / (Double(question.attribute(0)) * Double(question.attribute(1)))
  }
) { question throws(ShapeFault) in
  let (x, weights) = (question.shape(0), question.shape(1))
  let groups = question.attribute(8)
  guard x[3] % groups == 0, weights[0] % groups == 0, weights[3] == x[3] / groups
  else { throw .mismatch }
  try question.checkParameters(from: 2, count: weights[0])
  let height = try spreadCount(
    size: x[1], kernel: weights[1], stride: question.attribute(0), dilation: question.attribute(6),
    taken: question.attribute(2) + question.attribute(4), extra: question.attribute(9))
  let width = try spreadCount(
    size: x[2], kernel: weights[2], stride: question.attribute(1), dilation: question.attribute(7),
    taken: question.attribute(3) + question.attribute(5), extra: question.attribute(10))
  return [x[0], height, width, weights[0]]
}

/// What `size` windows cover that begin `stride` apart, with `extra` behind it and without `taken`.
private func spreadCount(
  size: Int, kernel: Int, stride: Int, dilation: Int, taken: Int, extra: Int
) throws(ShapeFault) -> Int {
  // All arguments are below 2^32, those that are multiplied below 2^31: the sum fits into 64 bits.
  let covered = (size - 1) * stride + dilation * (kernel - 1) + 1
  guard covered + extra > taken else { throw .mismatch }
  return covered + extra - taken
}
