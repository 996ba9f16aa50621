/// (N, H, W, C) → (N, OH, OW, C). Padding is smaller than the kernel, so that every window holds
/// at least one element.
func poolShape(_ question: ShapeQuestion) throws(ShapeFault) -> [Int] {
  let x = try question.value(0)
  guard x.shape.count == 4 else { throw .rank(0) }
  let (kernelHeight, kernelWidth) = (question.attribute(6), question.attribute(7))
  let (top, left) = (question.attribute(2), question.attribute(3))
  let (bottom, right) = (question.attribute(4), question.attribute(5))
  guard max(top, bottom) < kernelHeight, max(left, right) < kernelWidth else { throw .mismatch }
  let height = try windowCount(
    size: x.shape[1], kernel: kernelHeight, stride: question.attribute(0), before: top,
    after: bottom, dilation: 1)
  let width = try windowCount(
    size: x.shape[2], kernel: kernelWidth, stride: question.attribute(1), before: left,
    after: right, dilation: 1)
  return [x.shape[0], height, width, x.shape[3]]
}

/// (N, H, W, C) → (N, 1, 1, C).
func globalPoolShape(_ question: ShapeQuestion) throws(ShapeFault) -> [Int] {
  let x = try question.value(0)
  guard x.shape.count == 4 else { throw .rank(0) }
  return [x.shape[0], 1, 1, x.shape[3]]
}
