/// One call of a function: what stands in its place.
struct FunctionCall {
  private let function: ONNXFunction
  private let call: SourceNode
  private let prefix: String
  /// The caller's names of the function's inputs and outputs.
  private var names: [String: String] = ["": ""]
  /// Outputs that are the function's inputs, or outputs a second time.
  private var copies: [(from: String, to: String)] = []

  /// Errors: the call does not fit the function.
  init(_ function: ONNXFunction, _ call: SourceNode, prefix: String) throws {
    (self.function, self.call, self.prefix) = (function, call, prefix)
    guard call.inputs.count <= function.inputs.count,
      call.outputs.count <= function.outputs.count
    else {
      throw ImportError(
        """
        \(call.inputs.count) inputs and \(call.outputs.count) outputs for a function of \
        \(function.inputs.count) and \(function.outputs.count)
        """)
    }
    let unknown = call.attributes.keys.filter {
      !function.attributes.contains($0) && function.defaults[$0] == nil
    }
    guard unknown.isEmpty else {
      throw ImportError(
        "\(function.key.title) has no attribute \(unknown.sorted().joined(separator: ", "))")
    }
    for (index, inner) in function.inputs.enumerated() {
      names[inner] = index < call.inputs.count ? call.inputs[index] : ""
    }
    for (inner, outer) in zip(function.outputs, call.outputs) where !outer.isEmpty {
      if let other = names[inner] {
        copies.append((other, outer))
      } else {
        names[inner] = outer
      }
    }
  }

  /// The function's nodes with the names of the call's tensors, names of their own within, and the
  /// values of attributes.
  func body() throws -> [SourceNode] {
    try function.nodes.map { try bound($0, opset: function.opset) }
      + copies.map { copy in
        SourceNode(
          op: "Identity", name: "\(prefix)\(copy.to)", inputs: [copy.from], outputs: [copy.to])
      }
  }

  private func outer(_ inner: String) -> String { names[inner] ?? prefix + inner }

  private func bound(_ node: SourceNode, opset: Int?) throws -> SourceNode {
    var attributes: [String: SourceAttribute] = [:]
    for (name, attribute) in node.attributes {
      do {
        attributes[name] = try bound(attribute)
      } catch let error as ImportError {
        throw ImportError("\(node.title): attribute \(name): \(error.text)")
      }
    }
    return SourceNode(
      op: node.op, domain: node.domain, name: prefix + node.name, inputs: node.inputs.map(outer),
      outputs: node.outputs.map(outer), attributes: attributes, opset: opset,
      overload: node.overload)
  }

  /// nil: a reference to an attribute that the call leaves out.
  private func bound(_ attribute: SourceAttribute) throws -> SourceAttribute? {
    switch attribute {
    case .graph(let graph): return .graph(try bound(graph))
    case .reference(let name, let kind):
      guard function.attributes.contains(name) || function.defaults[name] != nil else {
        throw ImportError("\(function.key.title) has no attribute '\(name)'")
      }
      guard let value = call.attributes[name] ?? function.defaults[name] else { return nil }
      guard kind == 0 || value.number == nil || value.number == kind else {
        throw ImportError("'\(name)' of the call is \(value.kind), kind \(kind) is needed")
      }
      return value
    default: return attribute
    }
  }

  private func bound(_ graph: SourceGraph) throws -> SourceGraph {
    var result = graph
    result.nodes = try graph.nodes.map { try bound($0, opset: function.opset) }
    result.outputs = graph.outputs.map(outer)
    result.constants = [:]
    for (name, constant) in graph.constants {
      guard names[name] == nil else {
        throw ImportError("'\(name)' is a constant, and an input or output of the function")
      }
      result.constants[prefix + name] = constant
    }
    result.inputs = graph.inputs.map { input in
      SourceInput(name: outer(input.name), type: input.type, shape: input.shape)
    }
    return result
  }
}
