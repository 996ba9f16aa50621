import MTLFormat

/// Reads GraphProto and what it holds.
struct ONNXGraphReader {
  /// Keeps the memory that constants refer to.
  let owner: Bytes
  let files: ExternalFiles

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
      case 5:
        let (name, tensor) = try tensor(try field.message())
        guard graph.constants.updateValue(tensor, forKey: name) == nil else {
          throw field.fault("the only constant named '\(name)'")
        }
      case 11: graph.inputs.append(try input(try field.message()))
      case 12: graph.outputs.append(try name(of: try field.message()))
      case 15: throw ImportError("byte \(field.offset): sparse constants are not supported")
      default: break
      }
    }
    // Old versions list the constants among the inputs, too.
    graph.inputs.removeAll { graph.constants[$0.name] != nil }
    return graph
  }

  func node(_ message: ProtobufReader) throws -> SourceNode {
    var reader = message
    var (op, domain, name) = ("", "", "")
    var (inputs, outputs) = ([String](), [String]())
    var attributes: [String: SourceAttribute] = [:]
    while let field = try reader.next() {
      switch field.number {
      case 1: inputs.append(try field.text())
      case 2: outputs.append(try field.text())
      case 3: name = try field.text()
      case 4: op = try field.text()
      case 5:
        let (key, value) = try attribute(try field.message())
        attributes[key] = value
      case 7: domain = try field.text()
      default: break
      }
    }
    guard !op.isEmpty else { throw ImportError("byte \(message.start): a node without operator") }
    return SourceNode(
      op: op, domain: domain == "ai.onnx" ? "" : domain, name: name, inputs: inputs,
      outputs: outputs, attributes: attributes)
  }

  private func attribute(_ message: ProtobufReader) throws -> (String, SourceAttribute) {
    var reader = message
    var name = ""
    var kind: Int64?
    var (integer, float, text) = (Int64(0), Float(0), [UInt8]())
    var (integers, floats, texts) = ([Int64](), [Float](), [[UInt8]]())
    var tensor: StoredTensor?
    var found = SourceAttribute.other
    while let field = try reader.next() {
      switch field.number {
      case 1: name = try field.text()
      case 2: (float, found) = (try field.float(), .float(try field.float()))
      case 3: (integer, found) = (try field.integer(), .integer(try field.integer()))
      case 4: (text, found) = (Array(try field.message().bytes), .text([]))
      case 5: (tensor, found) = (try self.tensor(try field.message()).1, .other)
      case 7: try field.floats(into: &floats)
      case 8: try field.integers(into: &integers)
      case 9: texts.append(Array(try field.message().bytes))
      case 20: kind = try field.integer()
      default: break
      }
    }
    // The kind is written since version 3 of the format; before, it is what is there.
    switch kind {
    case 1: return (name, .float(float))
    case 2: return (name, .integer(integer))
    case 3: return (name, .text(text))
    case 4: return (name, tensor.map { .tensor($0) } ?? .other)
    case 6: return (name, .floats(floats))
    case 7: return (name, .integers(integers))
    case 8: return (name, .texts(texts))
    case nil, 0:
      if case .text = found { return (name, .text(text)) }
      if let tensor { return (name, .tensor(tensor)) }
      if !integers.isEmpty { return (name, .integers(integers)) }
      if !floats.isEmpty { return (name, .floats(floats)) }
      if !texts.isEmpty { return (name, .texts(texts)) }
      return (name, found)
    default: return (name, .other)
    }
  }

  private func tensor(_ message: ProtobufReader) throws -> (String, StoredTensor) {
    try ONNXTensorReader(owner: owner, files: files).read(message)
  }

  private func name(of message: ProtobufReader) throws -> String {
    var reader = message
    while let field = try reader.next() {
      if field.number == 1 { return try field.text() }
    }
    throw ImportError("byte \(message.start): an input or output without name")
  }

  private func input(_ message: ProtobufReader) throws -> SourceInput {
    var reader = message
    var (type, shape) = (DataType.float, [Int?]())
    while let field = try reader.next() {
      guard field.number == 2 else { continue }
      var kinds = try field.message()
      while let kind = try kinds.next() {
        guard kind.number == 1 else {
          throw ImportError("input '\(try name(of: message))' is not a tensor")
        }
        (type, shape) = try tensorType(try kind.message())
      }
    }
    return SourceInput(name: try name(of: message), type: type, shape: shape)
  }

  private func tensorType(_ message: ProtobufReader) throws -> (DataType, [Int?]) {
    var reader = message
    var (type, shape) = (DataType.float, [Int?]())
    while let field = try reader.next() {
      switch field.number {
      case 1: type = try dataType(field)
      case 2:
        var dimensions = try field.message()
        while let dimension = try dimensions.next() {
          guard dimension.number == 1 else { continue }
          guard shape.count < 32 else { throw field.fault("a shape of at most 32 dimensions") }
          shape.append(try self.dimension(try dimension.message()))
        }
      default: break
      }
    }
    return (type, shape)
  }

  private func dimension(_ message: ProtobufReader) throws -> Int? {
    var reader = message
    while let field = try reader.next() {
      if field.number == 1 {
        let value = Int(try field.integer())
        return value > 0 ? value : nil
      }
    }
    return nil
  }
}

/// Errors: a type that tensors of this importer cannot have.
func dataType(_ field: ProtobufReader.Field) throws -> DataType {
  let number = try field.integer()
  guard let raw = Int32(exactly: number), let type = DataType(rawValue: raw) else {
    throw ImportError("byte \(field.offset): element type \(number) is not supported")
  }
  return type
}
