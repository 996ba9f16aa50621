import CMTL
import MTLFormat

extension ModelFile {
  /// Checks every node against the table of operators and the shape rules: the 4xx rules of
  /// `spec/format.md`, in the order of `spec/operators.md`. The first fault is thrown, with the
  /// byte where the node's record begins.
  public func checkOperators() throws(Status) {
    for (node, offset) in zip(model.nodes, nodeOffsets) {
      try Memory.check()
      try NodeCheck(node: node, tensors: model.tensors, offset: offset).run()
    }
  }
}

/// The checks of one node.
private struct NodeCheck {
  let node: Node
  let tensors: [Tensor]
  let offset: UInt64

  func run() throws(Status) {
    guard let op = Operator(code: node.op) else {
      throw fault(.operatorUnknown, "operator code \(node.op) is not known to this version")
    }
    try checkArity(op)
    try checkAttributes(op)
    let rule = op.shapeRule
    let inputs = node.inputs.map { $0.map { tensors[$0] } }
    try checkInputs(op, rule, inputs)
    let shape = try result(op, rule, ShapeQuestion(inputs: inputs, attributes: node.attributes))
    let stored = tensors[node.output].shape
    guard stored == shape else {
      throw fault(.resultShape, "\(op.name) gives \(text(shape)), the file says \(text(stored))")
    }
  }

  private func fault(_ rule: Rule, _ what: Message) -> Status {
    Status(rule, "node '\(node.name)': \(what)", at: offset)
  }

  private func checkArity(_ op: Operator) throws(Status) {
    let counts = op.inputCounts
    guard counts.contains(node.inputs.count) else {
      throw fault(
        .operatorInputs,
        "\(op.name) takes \(counts.lowerBound) to \(counts.upperBound) inputs, "
          + "not \(node.inputs.count)")
    }
    for index in 0..<min(counts.lowerBound, node.inputs.count) where node.inputs[index] == nil {
      throw fault(.inputAbsent, "input \(index) of \(op.name) is absent")
    }
    // A list of equal inputs has no gaps.
    for index in node.inputs.indices where node.inputs[index] == nil && op.isVariadic {
      throw fault(.inputAbsent, "input \(index) of \(op.name) is absent")
    }
  }

  private func checkAttributes(_ op: Operator) throws(Status) {
    guard op.accepts(attributeCount: node.attributes.count) else {
      throw fault(
        .operatorAttributes, "\(node.attributes.count) attributes do not fit \(op.name)")
    }
    for (index, slot) in node.attributes.enumerated() where !op.accepts(slot: slot, at: index) {
      let name = Message(cString: op.attribute(at: index).name)
      throw fault(.attributeRange, "attribute \(name) of \(op.name) is out of range")
    }
  }

  private func checkInputs(
    _ op: Operator, _ rule: ShapeRule, _ inputs: [Tensor?]
  ) throws(Status) {
    for case (let index, let tensor?) in inputs.enumerated() {
      let what: Message = "input \(index) of \(op.name), '\(tensor.name)',"
      if rule.input(at: index).mustBeConstant(), !tensor.isConstant {
        throw fault(.constantRequired, "\(what) must be a constant")
      }
      if rule.input(at: index).mustBeValue(index, of: inputs), tensor.isConstant {
        throw fault(.valueRequired, "\(what) must be a value")
      }
    }
    for case (let index, let tensor?) in inputs.enumerated()
    where !rule.input(at: index).types.contains(tensor.type) {
      throw fault(.operandType, "input \(index) of \(op.name) has an element type it cannot have")
    }
    for case (let index, let tensor?) in inputs.enumerated()
    where !rule.input(at: index).ranks.contains(tensor.shape.count) {
      throw fault(
        .operandRank, "input \(index) of \(op.name) cannot have rank \(tensor.shape.count)")
    }
  }

  private func result(
    _ op: Operator, _ rule: ShapeRule, _ question: ShapeQuestion
  ) throws(Status) -> [Int] {
    do throws(ShapeFault) {
      let shape = try rule.result(question)
      guard shape.count <= 8, shape.allSatisfy({ $0 <= dimensionMax }) else { throw .tooLarge }
      _ = try checkedProduct(shape)
      return shape
    } catch {
      switch error {
      case .rank(let index):
        throw fault(.operandRank, "input \(index) of \(op.name) has another rank than input 0")
      case .mismatch:
        var list = Message()
        for (index, input) in question.inputs.enumerated() {
          list += index == 0 ? "" : ", "
          list += input.map { text($0.shape) } ?? "none"
        }
        throw fault(.shapeMismatch, "\(op.name) cannot work on shapes \(list)")
      case .tooLarge:
        throw fault(.shapeLimit, "the result of \(op.name) is beyond the limits")
      }
    }
  }

  private func text(_ shape: [Int]) -> Message {
    var text: Message = "("
    for (index, dimension) in shape.enumerated() {
      text += index == 0 ? "\(dimension)" : ", \(dimension)"
    }
    return text + ")"
  }
}
