extension SourceGraph {
  /// Puts the nodes of functions in the place of those that call them, in the graphs of attributes,
  /// too, and the values of their attributes in the place of references.
  ///
  /// Errors: functions contradict one another or call themselves, a call does not fit, or they make
  /// too many nodes.
  mutating func inline(_ functions: [ONNXFunction]) throws {
    var table: [ONNXFunction.Key: ONNXFunction] = [:]
    for function in functions where table.updateValue(function, forKey: function.key) != nil {
      throw ImportError("\(function.key.title) is defined twice")
    }
    var inlining = FunctionInlining(table)
    try inlining.expand(&self)
  }
}

/// Replaces calls by what they call.
private struct FunctionInlining {
  private let functions: [ONNXFunction.Key: ONNXFunction]
  /// Domain and name of each function.
  private let known: Set<ONNXFunction.Key>
  /// The functions that are being replaced, outermost first.
  private var callers: [ONNXFunction.Key] = []
  private var calls = 0
  private var nodes = 0

  init(_ functions: [ONNXFunction.Key: ONNXFunction]) {
    self.functions = functions
    known = Set(functions.keys.map { $0.withoutOverload })
  }

  mutating func expand(_ graph: inout SourceGraph) throws {
    var result: [SourceNode] = []
    for node in graph.nodes { result += try expanded(node) }
    graph.nodes = result
  }

  private mutating func expanded(_ node: SourceNode) throws -> [SourceNode] {
    let key = ONNXFunction.Key(domain: node.domain, name: node.op, overload: node.overload)
    guard let function = functions[key] else {
      guard !known.contains(key.withoutOverload), node.overload.isEmpty else {
        throw ImportError("\(node.title): there is no \(key.title)")
      }
      if case .reference(let name, _)? = node.attributes.values.first(where: { $0.isReference }) {
        throw ImportError(
          "\(node.title): it refers to the attribute '\(name)' of a function, and is in none")
      }
      try Self.count(&nodes)
      return [try withGraphs(of: node)]
    }
    guard !(node.domain.isEmpty && OperatorImport.table[node.op] != nil) else {
      throw ImportError("\(key.title) has the name of an operator of ONNX")
    }
    guard !callers.contains(key), callers.count < 64 else {
      throw ImportError("\(key.title) calls itself")
    }
    callers.append(key)
    defer { callers.removeLast() }
    try Self.count(&calls)
    let body: [SourceNode]
    do {
      body = try FunctionCall(function, node, prefix: "\(node.called).\(calls)/").body()
    } catch let error as ImportError {
      throw ImportError("\(node.title): \(error.text)")
    }
    var result: [SourceNode] = []
    for inner in body { result += try expanded(inner) }
    return result
  }

  /// Errors: there are too many, as functions that call others twice and more make them.
  private static func count(_ number: inout Int) throws {
    number += 1
    guard number <= ONNXReader.nodesMost else {
      throw ImportError("functions make more than \(ONNXReader.nodesMost) nodes or calls")
    }
  }

  /// The node with the calls in its own graphs replaced.
  private mutating func withGraphs(of node: SourceNode) throws -> SourceNode {
    var attributes = node.attributes
    for case (let name, .graph(var graph)) in node.attributes {
      try expand(&graph)
      attributes[name] = .graph(graph)
    }
    return node.with(attributes: attributes)
  }
}

extension ONNXFunction.Key {
  fileprivate var withoutOverload: ONNXFunction.Key {
    ONNXFunction.Key(domain: domain, name: name, overload: "")
  }
}

extension SourceAttribute {
  var isReference: Bool { if case .reference = self { true } else { false } }
}
