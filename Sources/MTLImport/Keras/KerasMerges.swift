/// Layers on several tensors.
let kerasMerges: [String: KerasRule] = [
  "Add": KerasRule { try $0.merged("Add") },
  "Subtract": KerasRule { call in
    guard call.tensors.count == 2 else { throw ImportError("it has not two inputs") }
    return try call.merged("Sub")
  },
  "Multiply": KerasRule { try $0.merged("Mul") },
  "Maximum": KerasRule { try $0.merged("Max") },
  "Minimum": KerasRule { try $0.merged("Min") },
  "Average": KerasRule { call in
    let sum = try call.merged("Add")
    let count = call.constant(1 / Double(call.tensors.count))
    return KerasTensor(name: call.node("Mul", [sum.name, count]), rank: sum.rank)
  },
  // Inception-ResNet: `a + b * scale`.
  "CustomScaleLayer": KerasRule { call in
    guard call.tensors.count == 2 else { throw ImportError("it has not two inputs") }
    let scale = call.constant(try call.settings.number("scale", 1))
    let product = call.node("Mul", [call.tensors[1].name, scale])
    return call.same(call.node("Add", [call.x.name, product]))
  },
  "Concatenate": KerasRule { call in
    guard Set(call.tensors.map { $0.rank }).count == 1 else {
      throw ImportError("its inputs have different numbers of axes")
    }
    let axis = try call.settings.axis("axis", -1, rank: call.x.rank)
    return call.sameRank(
      call.node("Concat", call.tensors.map { $0.name }, ["axis": .integer(Int64(axis))]))
  },
]

extension KerasCall {
  /// An operator on all inputs, one after the other. Those with fewer axes than others get more
  /// behind the images, as Keras's layers do it, while operations on tensors put them in front.
  fileprivate func merged(_ op: String) throws -> KerasTensor {
    guard tensors.count >= 2 else { throw ImportError("it has one input") }
    let rank = tensors.map { $0.rank }.max()!
    let names = tensors.map { tensor -> String in
      if tensor.rank == rank { return tensor.name }
      let axes = Array(1..<1 + rank - tensor.rank)
      return node("Unsqueeze", [tensor.name, constant(list: axes)])
    }
    let result = names.dropFirst().reduce(names[0]) { node(op, [$0, $1]) }
    return KerasTensor(name: result, rank: rank)
  }
}
