import MTLFormat

extension Model {
  /// Floating-point operations that `node` stands for, for a batch of 1: what its formula in
  /// `spec/operators.md` says, whatever a backend does to get there. The node keeps every rule of
  /// its operator.
  public func floatingPointOperations(of node: Node) -> Double {
    guard let op = Operator(code: node.op), !op.isView else { return 0 }
    let question = ShapeQuestion(
      inputs: node.inputs.map { $0.map { tensors[$0] } }, attributes: node.attributes)
    return op.shapeRule.work(question) * Double(tensors[node.output].elementCount)
  }
}
