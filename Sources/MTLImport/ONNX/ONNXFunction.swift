import MTLFormat

/// FunctionProto: an operator that the model defines by others.
struct ONNXFunction {
  /// By what a node calls it.
  struct Key: Hashable {
    let domain: String
    let name: String
    let overload: String

    /// For messages.
    var title: String {
      "function \(domain.isEmpty ? "" : domain + ".")\(name)"
        + (overload.isEmpty ? "" : " overload '\(overload)'")
    }
  }

  let key: Key
  let inputs: [String]
  let outputs: [String]
  /// Names of the attributes that have no default.
  let attributes: Set<String>
  let defaults: [String: SourceAttribute]
  let nodes: [SourceNode]
  /// Version of ONNX's operators in it; nil where it uses none.
  let opset: Int?

  /// Errors: it is damaged, or written in an operator set that is not known.
  init(_ message: ProtobufReader, _ graphs: ONNXGraphReader) throws {
    var reader = message
    var (name, domain, overload) = ("", "", "")
    var (inputs, outputs, nodes) = ([String](), [String](), [SourceNode]())
    var (attributes, defaults) = (Set<String>(), [String: SourceAttribute]())
    var opsets: [String: Int64] = [:]
    while let field = try reader.next() {
      switch field.number {
      case 1: name = try field.text()
      case 4: inputs.append(try field.text())
      case 5: outputs.append(try field.text())
      case 6: attributes.insert(try field.text())
      case 7:
        guard nodes.count < ONNXReader.nodesMost else { throw field.fault("a node too many") }
        nodes.append(try graphs.node(try field.message()))
      // A description, what follows from the nodes, metadata.
      case 8, 12, 14: break
      case 9: try ONNXReader.addOperatorSet(field, to: &opsets)
      case 10: domain = try field.text()
      case 11:
        let (key, value) = try ONNXAttributeReader(graphs: graphs).read(try field.message())
        guard defaults.updateValue(value, forKey: key) == nil else {
          throw field.fault("the only default of '\(key)'")
        }
      case 13: overload = try field.text()
      default: throw field.unknown(in: "a function")
      }
    }
    key = Key(domain: ONNXReader.domain(domain), name: name, overload: overload)
    (self.inputs, self.outputs, self.nodes) = (inputs, outputs, nodes)
    (self.attributes, self.defaults) = (attributes, defaults)
    do {
      let needsOpset = nodes.contains { $0.domain.isEmpty }
      opset = needsOpset ? try ONNXReader.opset(opsets) : nil
    } catch let error as ImportError {
      throw ImportError("\(key.title): \(error.text)")
    }
  }
}
