import MTLFormat

/// FunctionProto: an operator that the model defines by others.
struct ONNXFunction {
  let domain: String
  let name: String
  let inputs: [String]
  let outputs: [String]
  let nodes: [SourceNode]

  init(_ message: ProtobufReader, owner: Bytes) throws {
    var reader = message
    var (name, domain) = ("", "")
    var (inputs, outputs, nodes) = ([String](), [String](), [SourceNode]())
    let parser = ONNXGraphReader(owner: owner, files: ExternalFiles(folder: nil))
    while let field = try reader.next() {
      switch field.number {
      case 1: name = try field.text()
      case 4: inputs.append(try field.text())
      case 5: outputs.append(try field.text())
      case 7:
        guard nodes.count < ONNXReader.nodesMost else { throw field.fault("a node too many") }
        nodes.append(try parser.node(try field.message()))
      case 10: domain = try field.text()
      default: break
      }
    }
    (self.name, self.domain) = (name, domain)
    (self.inputs, self.outputs, self.nodes) = (inputs, outputs, nodes)
  }
}

extension SourceGraph {
  /// Puts the nodes of functions in the place of those that call them. Attributes are not handed
  /// into functions: a node that needs one says that it lacks it.
  ///
  /// Errors: functions call one another without end, or make too many nodes.
  mutating func inline(_ functions: [ONNXFunction]) throws {
    guard !functions.isEmpty else { return }
    var table: [String: ONNXFunction] = [:]
    for function in functions { table["\(function.domain)\u{0}\(function.name)"] = function }
    for depth in 0... {
      var result: [SourceNode] = []
      var isDone = true
      for (index, node) in nodes.enumerated() {
        guard let function = table["\(node.domain)\u{0}\(node.op)"] else {
          result.append(node)
          continue
        }
        isDone = false
        result += function.body(for: node, prefix: "\(depth).\(index)/")
        guard result.count <= ONNXReader.nodesMost else {
          throw ImportError("functions make more than \(ONNXReader.nodesMost) nodes")
        }
      }
      nodes = result
      if isDone { return }
      guard depth < 64 else { throw ImportError("functions call one another without end") }
    }
  }
}

extension ONNXFunction {
  /// The nodes with the names of `call`'s tensors, and names of their own within.
  fileprivate func body(for call: SourceNode, prefix: String) -> [SourceNode] {
    var names: [String: String] = ["": ""]
    for (inner, outer) in zip(inputs, call.inputs) { names[inner] = outer }
    for inner in inputs.dropFirst(call.inputs.count) { names[inner] = "" }
    for (inner, outer) in zip(outputs, call.outputs) where !outer.isEmpty { names[inner] = outer }
    func outer(_ inner: String) -> String { names[inner] ?? prefix + inner }
    return nodes.map { node in
      SourceNode(
        op: node.op, domain: node.domain, name: prefix + node.name,
        inputs: node.inputs.map(outer), outputs: node.outputs.map(outer),
        attributes: node.attributes)
    }
  }
}
