/// (N, ..., K) with weights (O, K) and an optional bias (O) → (N, ..., O).
let denseShape = denseRule(inputAxis: 1)

/// (N, ..., K) with weights (K, O) and an optional bias (O) → (N, ..., O).
let denseByInputShape = denseRule(inputAxis: 0)

/// `inputAxis` is the axis of the weights that runs along the inputs; the other runs along the
/// outputs.
private func denseRule(inputAxis: Int) -> ShapeRule {
  ShapeRule(
    inputs: [.value(rank: 2...8), .weights(rank: 2), .parameter],
    work: { question in 2 * Double(question.shape(1)[inputAxis]) }
  ) { question throws(ShapeFault) in
    let (x, weights) = (question.shape(0), question.shape(1))
    guard x[x.count - 1] == weights[inputAxis] else { throw .mismatch }
    try question.checkParameters(from: 2, count: weights[1 - inputAxis])
    return Array(x.dropLast()) + [weights[1 - inputAxis]]
  }
}
