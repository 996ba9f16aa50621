import CMTL
import MTLFormat

/// Turns the nodes that operator sets without layer normalisation have for it into `layer_norm`:
/// `(x - mean) / sqrt(variance + epsilon)` along the last axis, times a scale and plus a bias for
/// each element of the axis, which may be missing.
public func replaceLayerNorms(
  in model: inout Model, constants: inout ConstantPool
) throws(Status) {
  let patterns = NodePatterns(model)
  for position in model.nodes.indices {
    guard let (x, epsilon) = patterns.normalised(model.nodes[position]) else { continue }
    var last = position
    var inputs: [Int?] = [x]
    for (op, neutral) in [(MTLRT_OP_MUL, 1), (MTLRT_OP_ADD, 0)] as [(Int, Float)] {
      let shape = [model.tensors[x].shape.last!]
      if let (index, constant) = patterns.constantReader(
        of: model.nodes[last].output, op, after: last)
      {
        last = index
        let source = model.tensors[constant]
        inputs.append(
          model.append(Tensor(name: source.name, shape: shape, data: source.data)))
      } else {
        let name = model.nodes[position].name
        let constant = try constants.make(name: name, shape: shape) {
          $0.update(repeating: neutral)
        }
        inputs.append(model.append(constant))
      }
    }
    model.nodes[last].op = UInt32(MTLRT_OP_LAYER_NORM)
    model.nodes[last].inputs = inputs
    model.nodes[last].attributes = [Int64(bitPattern: epsilon.bitPattern)]
  }
}

extension NodePatterns {
  /// `x` and epsilon where the node is `(x - mean) / sqrt(variance + epsilon)`.
  fileprivate func normalised(_ node: Node) -> (x: Int, epsilon: Double)? {
    guard let (distance, deviation) = quotient(node), let x = centered(distance),
      let raised = root(deviation), let sum = self.node(raised, MTLRT_OP_ADD),
      let (variance, epsilon) = valueAndNumber(sum), (0...1).contains(epsilon),
      let squares = lineMean(variance), case let (number, values) = product(squares),
      number == 1, values.count == 2, values[0] == values[1], centered(values[0]) == x
    else { return nil }
    return (x, epsilon)
  }

  /// Dividend and divisor of a division, or of a product with a reciprocal.
  private func quotient(_ node: Node) -> (Int, Int)? {
    if node.op == UInt32(MTLRT_OP_DIV) { return (node.inputs[0]!, node.inputs[1]!) }
    guard node.op == UInt32(MTLRT_OP_MUL) else { return nil }
    for (value, other) in [(0, 1), (1, 0)] {
      if let inverse = self.node(node.inputs[other], MTLRT_OP_DIV), number(inverse.inputs[0]) == 1 {
        return (node.inputs[value]!, inverse.inputs[1]!)
      }
    }
    return nil
  }

  private func root(_ tensor: Int) -> Int? {
    if let root = node(tensor, MTLRT_OP_SQRT) { return root.inputs[0] }
    if let power = node(tensor, MTLRT_OP_POW), number(power.inputs[1]) == 0.5 {
      return power.inputs[0]
    }
    return nil
  }

  /// `x` where `tensor` is `x` less its mean along the last axis.
  private func centered(_ tensor: Int) -> Int? {
    guard let difference = node(tensor, MTLRT_OP_SUB), let x = difference.inputs[0],
      lineMean(difference.inputs[1]!) == x
    else { return nil }
    return x
  }

  /// `x` where `tensor` is its mean along the last axis.
  private func lineMean(_ tensor: Int) -> Int? {
    guard let mean = node(tensor, MTLRT_OP_REDUCE_MEAN), let x = mean.inputs[0],
      case let last = Int64(model.tensors[x].shape.count - 1), mean.attributes == [last, last]
    else { return nil }
    return x
  }

  /// The node that alone reads `value`, if it is this operator with a constant that has an element
  /// for each of the last axis, and that constant.
  fileprivate func constantReader(
    of value: Int, _ op: Int, after position: Int
  ) -> (index: Int, constant: Int)? {
    guard readers[value] == 1,
      let index = model.nodes[(position + 1)...].firstIndex(where: { $0.inputs.contains(value) }),
      case let node = model.nodes[index], node.op == UInt32(op),
      let constant = node.inputs[node.inputs[0] == value ? 1 : 0],
      case let tensor = model.tensors[constant], tensor.isConstant, tensor.type == .f32,
      tensor.shape.last == model.tensors[value].shape.last,
      tensor.elementCount == tensor.shape.last
    else { return nil }
    return (index, constant)
  }
}
