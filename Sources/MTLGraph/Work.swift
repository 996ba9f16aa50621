import MTLFormat

extension Model {
  /// Floating-point operations that `node` stands for, for a batch of 1: what its formula in
  /// `spec/operators.md` says, whatever a backend does to get there. The node keeps every rule of
  /// its operator.
  public func floatingPointOperations(of node: Node) -> Double {
    guard let op = Operator(code: node.op) else { return 0 }
    return op.work(node.inputs.map { $0.map { tensors[$0] } }, node.attributes)
      * Double(tensors[node.output].elementCount)
  }
}

extension Operator {
  /// Floating-point operations for each element of the result.
  public func work(_ inputs: [Tensor?], _ attributes: [Int64]) -> Double {
    isView ? 0 : shapeRule.work(ShapeQuestion(inputs: inputs, attributes: attributes))
  }
}
