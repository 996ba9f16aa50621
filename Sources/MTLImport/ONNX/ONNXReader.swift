import MTLFormat

/// Reads `.onnx` files: ModelProto of onnx.proto, of which what an importer needs.
public enum ONNXReader {
  static let nodesMost = 1 << 16
  /// Oldest and newest operator set whose meaning is known.
  static let opsets = 6...28
  /// Newest version of the format whose meaning is known.
  static let newestVersion = 14

  /// What a ModelProto holds, as it stands.
  private struct Fields {
    var version: Int64?
    var graph: ProtobufReader?
    var opsets: [String: Int64] = [:]
    var producer = ""
    var functions: [ProtobufReader] = []
  }

  /// The model in `bytes`, which lie in the file `path`; constants may lie in files beside it.
  /// `path` nil: constants lie in the model alone.
  ///
  /// Errors: not an ONNX model, a damaged one, one that contradicts itself, or a version of the
  /// format or an operator set that is not known.
  public static func read(_ bytes: Bytes, path: String?) throws -> SourceGraph {
    let fields = try self.fields(bytes)
    guard let message = fields.graph else {
      throw ImportError("not an ONNX model: it holds no graph")
    }
    guard let version = fields.version else {
      throw ImportError("not an ONNX model: it does not say which version of the format it has")
    }
    guard (1...Int64(newestVersion)).contains(version) else {
      throw ImportError("version \(version) of the format; 1 to \(newestVersion) are read")
    }
    let files = ExternalFiles(model: path)
    let graphs = ONNXGraphReader(owner: bytes, files: files)
    let functions = try fields.functions.map { try ONNXFunction($0, graphs) }
    var source = try graphs.read(message)
    source.opset = try opset(fields.opsets)
    source.producer = fields.producer
    try source.inline(functions)
    try source.sort()
    source.files = files.paths
    return source
  }

  private static func fields(_ bytes: Bytes) throws -> Fields {
    var reader = ProtobufReader(bytes.view)
    var fields = Fields()
    while let field = try reader.next() {
      switch field.number {
      case 1: fields.version = try field.integer()
      case 2: fields.producer = try field.text()
      // The producer's version, domain, version of the model, description, metadata; how it was
      // trained; on which devices others run it.
      case 3, 4, 5, 6, 14, 20, 26: break
      case 7:
        guard fields.graph == nil else { throw field.fault("the only graph") }
        fields.graph = try field.message()
      case 8: try addOperatorSet(field, to: &fields.opsets)
      case 25:
        guard fields.functions.count < 1024 else { throw field.fault("at most 1024 functions") }
        fields.functions.append(try field.message())
      default: throw field.unknown(in: "a model")
      }
    }
    return fields
  }

  /// ONNX's own operators have two names for their domain.
  static func domain(_ name: String) -> String { name == "ai.onnx" ? "" : name }

  /// The version of ONNX's own operators among `imports`.
  ///
  /// Errors: there is none, or it is not known.
  static func opset(_ imports: [String: Int64]) throws -> Int {
    guard let version = imports[""] else {
      throw ImportError("it does not say which operator set of ONNX it is written in")
    }
    guard let opset = Int(exactly: version), opsets.contains(opset) else {
      throw ImportError(
        """
        operator set \(version) of ONNX; \(opsets.lowerBound) to \
        \(opsets.upperBound) are read
        """)
    }
    return opset
  }

  /// Errors: the domain is there with another version.
  static func addOperatorSet(
    _ field: ProtobufReader.Field, to imports: inout [String: Int64]
  ) throws {
    var reader = try field.message()
    var (domain, version) = ("", Int64(0))
    while let field = try reader.next() {
      switch field.number {
      case 1: domain = try field.text()
      case 2: version = try field.integer()
      default: throw field.unknown(in: "an operator set")
      }
    }
    let other = imports.updateValue(version, forKey: Self.domain(domain))
    if let other, other != version {
      throw ImportError(
        """
        byte \(field.offset): operator sets \(other) and \(version) of \
        \(domain.isEmpty ? "ONNX" : domain) at once
        """)
    }
  }
}
