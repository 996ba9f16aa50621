/// (N, ..., M, K) times (N, ..., K, P), or (N, ..., P, K) where attribute 0 is 1, gives
/// (N, ..., M, P). The dimensions between are equal or 1.
let matmulShape = ShapeRule(
  inputs: [InputRule(kind: .either, types: [.f32], ranks: 3...8)],
  work: { question in 2 * Double(question.shape(0).last!) }
) { question throws(ShapeFault) in
  try question.checkOperands()
  let (a, b) = (question.shape(0), question.shape(1))
  let (rows, columns) = (a.count - 2, a.count - 1)
  let transposes = question.attribute(0) == 1
  guard a[columns] == b[transposes ? columns : rows] else { throw .mismatch }
  var shape = a
  for axis in 0..<rows where a[axis] != b[axis] {
    guard a[axis] == 1 || b[axis] == 1 else { throw .mismatch }
    shape[axis] = max(a[axis], b[axis])
  }
  shape[columns] = b[transposes ? rows : columns]
  return shape
}
