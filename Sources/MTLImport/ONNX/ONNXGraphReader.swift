import MTLFormat

/// Reads GraphProto and what it holds.
struct ONNXGraphReader {
  /// Keeps the memory that constants refer to.
  let owner: Bytes
  let files: ExternalFiles
  /// In how many graphs this one lies.
  var depth = 0

  /// For graphs within this one.
  func inner() throws -> ONNXGraphReader {
    guard depth < 32 else { throw ImportError("graphs lie in more than 32 graphs") }
    var reader = self
    reader.depth += 1
    return reader
  }

  func read(_ message: ProtobufReader) throws -> SourceGraph {
    var graph = SourceGraph()
    var reader = message
    while let field = try reader.next() {
      switch field.number {
      case 1:
        guard graph.nodes.count < ONNXReader.nodesMost else {
          throw field.fault("one of at most \(ONNXReader.nodesMost) nodes")
        }
        graph.nodes.append(try node(try field.message()))
      // A name, a description.
      case 2, 10: break
      case 5: try add(try tensor(try field.message()), from: field, to: &graph)
      case 11:
        let input = try ONNXInputReader.read(try field.message())
        guard !graph.inputs.contains(where: { $0.name == input.name }) else {
          throw field.fault("the only input named '\(input.name)'")
        }
        graph.inputs.append(input)
      case 12: graph.outputs.append(try ONNXInputReader.read(try field.message()).name)
      // What follows from the nodes; how others might quantize it; metadata.
      case 13, 14, 16: break
      case 15: try add(try sparse(try field.message()), from: field, to: &graph)
      default: throw field.unknown(in: "a graph")
      }
    }
    // Old versions list the constants among the inputs, too.
    graph.inputs.removeAll { graph.constants[$0.name] != nil }
    return graph
  }

  private func add(
    _ constant: (name: String, tensor: StoredTensor), from field: ProtobufReader.Field,
    to graph: inout SourceGraph
  ) throws {
    guard graph.constants.updateValue(constant.tensor, forKey: constant.name) == nil else {
      throw field.fault("the only constant named '\(constant.name)'")
    }
  }

  func node(_ message: ProtobufReader) throws -> SourceNode {
    var reader = message
    var (op, domain, name, overload) = ("", "", "", "")
    var (inputs, outputs) = ([String](), [String]())
    var attributes: [String: SourceAttribute] = [:]
    while let field = try reader.next() {
      switch field.number {
      case 1: inputs.append(try field.text())
      case 2: outputs.append(try field.text())
      case 3: name = try field.text()
      case 4: op = try field.text()
      case 5:
        let (key, value) = try ONNXAttributeReader(graphs: self).read(try field.message())
        guard attributes.updateValue(value, forKey: key) == nil else {
          throw ImportError(
            "byte \(field.offset): \(op) '\(name)' has two attributes named '\(key)'")
        }
      // A description, metadata, the devices that others split it over.
      case 6, 9, 10: break
      case 7: domain = try field.text()
      case 8: overload = try field.text()
      default: throw field.unknown(in: "a node")
      }
    }
    guard !op.isEmpty else { throw ImportError("byte \(message.start): a node without operator") }
    return SourceNode(
      op: op, domain: ONNXReader.domain(domain), name: name, inputs: inputs, outputs: outputs,
      attributes: attributes, overload: overload)
  }

  func tensor(_ message: ProtobufReader) throws -> (name: String, tensor: StoredTensor) {
    try ONNXTensorReader(owner: owner, files: files).read(message)
  }

  /// SparseTensorProto, of which the name alone is read.
  private func sparse(_ message: ProtobufReader) throws -> (name: String, tensor: StoredTensor) {
    var reader = message
    var name = ""
    while let field = try reader.next() {
      switch field.number {
      case 1: name = try tensor(try field.message()).name
      case 2, 3: break
      default: throw field.unknown(in: "a sparse tensor")
      }
    }
    return (name, StoredTensor(unusable: "constant '\(name)' is sparse, which is not supported"))
  }
}
