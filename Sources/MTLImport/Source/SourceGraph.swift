import MTLFormat

/// A model as it came: ONNX's operators over named tensors. What is not ONNX is turned into them.
public struct SourceGraph {
  public var nodes: [SourceNode] = []
  public var constants: [String: StoredTensor] = [:]
  /// What the caller gives, in order.
  public var inputs: [SourceInput] = []
  /// Names of what the caller gets, in order.
  public var outputs: [String] = []
  /// Version of the operator set.
  public var opset = 1
  /// The program that wrote the model.
  public var producer = ""
  /// Files beside the model that its constants lie in.
  public var files: [String] = []
  /// What whoever imports it should know, a sentence each.
  public var notes: [String] = []

  public init() {}

  /// Names of tensors that it reads and does not make: those of the graph that it lies in.
  var captured: Set<String> {
    var made = Set(constants.keys).union(inputs.map { $0.name })
    for node in nodes { made.formUnion(node.outputs) }
    var result = Set(outputs).subtracting(made)
    for node in nodes { result.formUnion(node.reads.filter { !$0.isEmpty && !made.contains($0) }) }
    return result
  }
}

/// A tensor that the caller gives.
public struct SourceInput {
  public let name: String
  public let type: DataType
  /// nil: not known before the model runs.
  public var shape: [Int?] { didSet { lacksShape = false } }
  /// The model does not even say how many axes it has.
  var lacksShape = false
  /// Why it cannot be given, or nil.
  var problem: String?

  public init(name: String, type: DataType, shape: [Int?]) {
    self.name = name
    self.type = type
    self.shape = shape
  }
}
