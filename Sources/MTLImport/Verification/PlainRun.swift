/// Runs a source graph node by node as ONNX defines it, in its own layout and order, without any of
/// what an import does to it.
struct PlainRun {
  let source: SourceGraph

  /// The outputs for `inputs`, which are in the source's shapes. Memory is freed as soon as nobody
  /// needs it any more.
  func outputs(for inputs: [HostTensor]) throws -> [HostTensor] {
    try outputs(for: inputs) { _, _ in }
  }

  /// The title of the first node whose results hold no finite number; nil where each holds one.
  func firstWithoutNumbers(for inputs: [HostTensor]) throws -> String? {
    var first: String?
    _ = try outputs(for: inputs) { node, results in
      let isLost = results.contains { tensor in
        tensor.count > 0 && tensor.type.isFloating && !tensor.floats.contains { $0.isFinite }
      }
      if isLost, first == nil { first = node.title }
    }
    return first
  }

  private func outputs(
    for inputs: [HostTensor], then observe: (SourceNode, [HostTensor]) -> Void
  ) throws -> [HostTensor] {
    var tensors: [String: HostTensor] = [:]
    for (input, tensor) in zip(source.inputs, inputs) {
      tensors[input.name] = tensor
    }
    return try outputs(of: source, constants: [source.constants], from: tensors, then: observe)
  }

  /// The outputs of `graph`, which may lie in the source's: `constants` and `tensors` are those of
  /// the graphs around it, too.
  private func outputs(
    of graph: SourceGraph, constants: [[String: StoredTensor]], from given: [String: HostTensor],
    then observe: (SourceNode, [HostTensor]) -> Void
  ) throws -> [HostTensor] {
    var tensors = given
    let nodes = graph.neededNodes()
    var lastUse: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for name in node.reads { lastUse[name] = index }
    }
    for name in graph.outputs { lastUse[name] = nodes.count }
    for (index, node) in nodes.enumerated() {
      do {
        let results = try self.results(of: node, constants, tensors, then: observe)
        for (name, result) in zip(node.outputs, results) where !name.isEmpty {
          tensors[name] = result
        }
        observe(node, results)
      } catch let error as ImportError {
        throw ImportError("\(node.title): \(error.text)")
      }
      for name in node.reads where lastUse[name] == index { tensors[name] = nil }
    }
    return try graph.outputs.map { try tensor($0, in: tensors, constants) }
  }

  private func results(
    of node: SourceNode, _ constants: [[String: StoredTensor]], _ tensors: [String: HostTensor],
    then observe: (SourceNode, [HostTensor]) -> Void
  ) throws -> [HostTensor] {
    let given = try node.inputs.map { name -> HostTensor? in
      name.isEmpty ? nil : try tensor(name, in: tensors, constants)
    }
    guard let known = OperatorImport.table[node.op] else {
      throw ImportError("the operator is not supported")
    }
    let opset = node.opset ?? source.opset
    let call = Evaluation(
      node: node, opset: opset, inputs: try OldBroadcasting.aligned(given, node, opset: opset))
    guard let choose = known.choose else { return try known.evaluate(call) }
    let graph = try choose(call)
    return try outputs(
      of: graph, constants: constants + [graph.constants], from: tensors, then: observe)
  }

  private func tensor(
    _ name: String, in tensors: [String: HostTensor], _ constants: [[String: StoredTensor]]
  ) throws -> HostTensor {
    if let tensor = tensors[name] { return tensor }
    guard let stored = constants.last(where: { $0[name] != nil })?[name] else {
      throw ImportError("there is no tensor '\(name)'")
    }
    return try stored.load()
  }
}
