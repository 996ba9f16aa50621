import CMTL
import MTLFormat

/// Turns sums and products of a layer's result, which nobody else reads, with a constant for each
/// channel into the scales and shifts that `foldScaleShifts` folds into the layer: exporters write
/// a bias as a node of its own.
public func replaceChannelArithmetic(
  in model: inout Model, constants: inout ConstantPool
) throws(Status) {
  let (patterns, table) = (NodePatterns(model), ChannelArithmetic.table)
  // Whether a layer made the value, or what becomes one's scale and shift.
  var isLayers = Array(repeating: false, count: model.tensors.count)
  for index in model.nodes.indices {
    let node = model.nodes[index]
    if isLinear(node) { isLayers[node.output] = true }
    guard let arithmetic = table.first(where: { $0.op == node.op }),
      let (value, constant) = patterns.layerAndConstant(node, arithmetic, isLayers)
    else { continue }
    let channels = model.tensors[value].shape.last!
    let floats = model.tensors[constant].floats
    func parameter(_ element: (Float) -> Float) throws(Status) -> Int {
      let tensor = try constants.make(name: node.name, shape: [channels]) { into in
        for c in into.indices { into[c] = element(floats[floats.count == 1 ? 0 : c]) }
      }
      return model.append(tensor)
    }
    let scale = try parameter(arithmetic.scale)
    let shift = try parameter(arithmetic.shift)
    model.nodes[index].op = UInt32(MTLRT_OP_SCALE_SHIFT)
    model.nodes[index].inputs = [value, scale, shift]
    isLayers[node.output] = true
  }
}

extension NodePatterns {
  /// The operands, of which the constant has one element, or one for each channel.
  fileprivate func layerAndConstant(
    _ node: Node, _ arithmetic: ChannelArithmetic, _ isLayers: [Bool]
  ) -> (Int, Int)? {
    let (first, second) = (node.inputs[0]!, node.inputs[1]!)
    for (value, constant) in [(first, second), (second, first)] {
      let tensor = model.tensors[constant]
      if tensor.isConstant, tensor.type == .f32, isLayers[value], readers[value] == 1,
        model.tensors[value].shape == model.tensors[node.output].shape,
        tensor.elementCount == 1
          || (tensor.elementCount == tensor.shape.last
            && tensor.shape.last == model.tensors[value].shape.last)
      {
        return (value, constant)
      }
      if arithmetic.isOrdered { break }
    }
    return nil
  }
}

/// An operator that does the same as a scale and a shift, where one operand is a constant.
private struct ChannelArithmetic {
  let op: UInt32
  /// Whether the constant must be the second operand.
  let isOrdered: Bool
  let scale: (Float) -> Float
  let shift: (Float) -> Float

  static var table: [ChannelArithmetic] {
    [
      ChannelArithmetic(
        op: UInt32(MTLRT_OP_ADD), isOrdered: false, scale: { _ in 1 }, shift: { $0 }),
      ChannelArithmetic(
        op: UInt32(MTLRT_OP_SUB), isOrdered: true, scale: { _ in 1 }, shift: { -$0 }),
      ChannelArithmetic(
        op: UInt32(MTLRT_OP_MUL), isOrdered: false, scale: { $0 }, shift: { _ in 0 }),
    ]
  }
}
