import MTLFormat

/// Reads `.onnx` files: ModelProto of onnx.proto, of which what an importer needs.
public enum ONNXReader {
  static let nodesMost = 1 << 16
  /// Oldest and newest operator set whose meaning is known.
  static let opsets = 6...28

  /// The model in `bytes`, whose constants may lie in files of `folder`.
  ///
  /// Errors: not an ONNX model, a damaged one, or an operator set that is not known.
  public static func read(_ bytes: Bytes, folder: String?) throws -> SourceGraph {
    var reader = ProtobufReader(bytes.view)
    var graph: ProtobufReader?
    var opsets: [String: Int64] = [:]
    var producer = ""
    var functions: [ONNXFunction] = []
    let files = ExternalFiles(folder: folder)
    while let field = try reader.next() {
      switch field.number {
      case 1: _ = try field.integer()
      case 2: producer = try field.text()
      case 7: graph = try field.message()
      case 8:
        let (domain, version) = try operatorSet(try field.message())
        opsets[domain] = version
      case 25:
        guard functions.count < 1024 else { throw field.fault("at most 1024 functions") }
        functions.append(try ONNXFunction(try field.message(), owner: bytes))
      default: break
      }
    }
    guard let graph else { throw ImportError("not an ONNX model: it holds no graph") }
    let version = opsets[""] ?? opsets["ai.onnx"] ?? 1
    guard let opset = Int(exactly: version), Self.opsets.contains(opset) else {
      throw ImportError(
        """
        operator set \(version) of ONNX; \(Self.opsets.lowerBound) to \
        \(Self.opsets.upperBound) are read
        """)
    }
    var source = try ONNXGraphReader(owner: bytes, files: files).read(graph)
    source.opset = opset
    source.producer = producer
    source.files = files.paths
    try source.inline(functions)
    return source
  }

  private static func operatorSet(_ message: ProtobufReader) throws -> (String, Int64) {
    var reader = message
    var (domain, version) = ("", Int64(1))
    while let field = try reader.next() {
      switch field.number {
      case 1: domain = try field.text()
      case 2: version = try field.integer()
      default: break
      }
    }
    return (domain == "ai.onnx" ? "" : domain, version)
  }
}
