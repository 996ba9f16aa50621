import MTLFormat

extension Model {
  /// Passes name what they make after what they replace.
  public mutating func makeNamesUnique() {
    var names: Set<Name> = []
    for index in tensors.indices {
      let first = tensors[index].name
      var number = 1
      while !names.insert(tensors[index].name).inserted {
        tensors[index].name = Name("\(first).\(number)'")
        number += 1
      }
    }
  }

  /// Drops nodes whose results nobody reads, and tensors that no node, input or output names.
  public mutating func removeUnused() {
    var needed = Set(outputs)
    var kept: [Node] = []
    for node in nodes.reversed() where needed.contains(node.output) {
      needed.formUnion(node.inputs.compactMap { $0 })
      kept.append(node)
    }
    nodes = kept.reversed()
    needed.formUnion(inputs)
    var places: [Int: Int] = [:]
    var rest: [Tensor] = []
    for (index, tensor) in tensors.enumerated() where needed.contains(index) {
      places[index] = rest.count
      rest.append(tensor)
    }
    tensors = rest
    inputs = inputs.map { places[$0]! }
    outputs = outputs.map { places[$0]! }
    for index in nodes.indices {
      nodes[index].inputs = nodes[index].inputs.map { $0.map { places[$0]! } }
      nodes[index].output = places[nodes[index].output]!
    }
  }
}
