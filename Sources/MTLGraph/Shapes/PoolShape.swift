/// (N, H, W, C) → (N, OH, OW, C). Padding is smaller than the kernel, so that every window holds
/// at least one element.
let poolShape = ShapeRule(
  inputs: [.value(rank: 4...4)],
  work: { question in Double(question.attribute(6)) * Double(question.attribute(7)) }
) { question throws(ShapeFault) in
  let x = question.shape(0)
  let (kernelHeight, kernelWidth) = (question.attribute(6), question.attribute(7))
  let (top, left) = (question.attribute(2), question.attribute(3))
  let (bottom, right) = (question.attribute(4), question.attribute(5))
  guard max(top, bottom) < kernelHeight, max(left, right) < kernelWidth else { throw .mismatch }
  let height = try windowCount(
    size: x[1], kernel: kernelHeight, stride: question.attribute(0), before: top, after: bottom,
    dilation: 1)
  let width = try windowCount(
    size: x[2], kernel: kernelWidth, stride: question.attribute(1), before: left, after: right,
    dilation: 1)
  return [x[0], height, width, x[3]]
}

/// (N, H, W, C) → (N, 1, 1, C).
let globalPoolShape = ShapeRule(
  inputs: [.value(rank: 4...4)],
  work: { question in Double(question.shape(0)[1]) * Double(question.shape(0)[2]) }
) { question throws(ShapeFault) in
  [question.shape(0)[0], 1, 1, question.shape(0)[3]]
}
