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
    var scope = Scope()
    for (input, tensor) in zip(source.inputs, inputs) {
      scope.tensors[input.name] = tensor
    }
    return try outputs(of: source, within: scope, then: observe)
  }

  /// What there is by name, in a graph and in those around it.
  private struct Scope {
    var tensors: [String: HostTensor] = [:]
    /// Why nodes gave nothing: errors for who reads it, which may be a graph that is not chosen.
    var failures: [String: ImportError] = [:]
    var constants: [[String: StoredTensor]] = []

    func tensor(_ name: String) throws -> HostTensor {
      if let tensor = tensors[name] { return tensor }
      if let failure = failures[name] { throw failure }
      guard let stored = constants.last(where: { $0[name] != nil })?[name] else {
        throw ImportError("there is no tensor '\(name)'")
      }
      return try stored.load()
    }
  }

  private func outputs(
    of graph: SourceGraph, within outer: Scope, then observe: (SourceNode, [HostTensor]) -> Void
  ) throws -> [HostTensor] {
    var scope = outer
    scope.constants.append(graph.constants)
    let nodes = graph.neededNodes()
    var lastUse: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for name in node.reads { lastUse[name] = index }
    }
    for name in graph.outputs { lastUse[name] = nodes.count }
    for (index, node) in nodes.enumerated() {
      do {
        let results = try self.results(of: node, within: scope, then: observe)
        for (name, result) in zip(node.outputs, results) where !name.isEmpty {
          scope.tensors[name] = result
        }
        observe(node, results)
      } catch let error as ImportError {
        let isKnown = node.reads.contains { scope.failures[$0]?.text == error.text }
        let failure = isKnown ? error : ImportError("\(node.title): \(error.text)")
        for name in node.outputs { scope.failures[name] = failure }
      }
      for name in node.reads where lastUse[name] == index { scope.tensors[name] = nil }
    }
    return try graph.outputs.map { try scope.tensor($0) }
  }

  private func results(
    of node: SourceNode, within scope: Scope, then observe: (SourceNode, [HostTensor]) -> Void
  ) throws -> [HostTensor] {
    let given = try node.inputs.map { name -> HostTensor? in
      name.isEmpty ? nil : try scope.tensor(name)
    }
    guard let known = OperatorImport.table[node.op] else {
      throw ImportError("the operator is not supported")
    }
    let opset = node.opset ?? source.opset
    let call = Evaluation(
      node: node, opset: opset, inputs: try OldBroadcasting.aligned(given, node, opset: opset))
    guard let choose = known.choose else { return try known.evaluate(call) }
    return try outputs(of: choose(call), within: scope, then: observe)
  }
}
