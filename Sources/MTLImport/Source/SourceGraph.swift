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
}

/// A tensor that the caller gives.
public struct SourceInput {
  public let name: String
  public let type: DataType
  /// nil: not known before the model runs.
  public var shape: [Int?]

  public init(name: String, type: DataType, shape: [Int?]) {
    self.name = name
    self.type = type
    self.shape = shape
  }
}

/// One operator at work.
public final class SourceNode {
  public let op: String
  /// Empty for ONNX's own operators.
  public let domain: String
  public let name: String
  /// Empty: an optional input that is absent.
  public var inputs: [String]
  /// Empty: a result that nobody wants.
  public let outputs: [String]
  public let attributes: [String: SourceAttribute]
  /// The attributes that somebody has asked for.
  private(set) var asked: Set<String> = []

  public init(
    op: String, domain: String = "", name: String, inputs: [String], outputs: [String],
    attributes: [String: SourceAttribute] = [:]
  ) {
    self.op = op
    self.domain = domain
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
  }

  /// For messages: `Conv 'conv1'`.
  var title: String {
    let called = name.isEmpty ? outputs.first { !$0.isEmpty } ?? "" : name
    return (domain.isEmpty ? op : "\(domain).\(op)") + " '\(called)'"
  }

  /// Names of attributes that nobody has asked for, in order.
  var unasked: [String] { attributes.keys.filter { !asked.contains($0) }.sorted() }

  private func ask(_ name: String) -> SourceAttribute? {
    asked.insert(name)
    return attributes[name]
  }

  private func wrong(_ name: String, _ what: String) -> ImportError {
    ImportError("attribute \(name) is not \(what)")
  }

  func has(_ name: String) -> Bool { ask(name) != nil }

  /// Attributes that change nothing in a prediction.
  func ignore(_ names: String...) { for name in names { asked.insert(name) } }

  func integer(_ name: String) throws -> Int? {
    guard let attribute = ask(name) else { return nil }
    guard case .integer(let value) = attribute else { throw wrong(name, "a whole number") }
    return Int(value)
  }

  func integer(_ name: String, _ standard: Int) throws -> Int {
    try integer(name) ?? standard
  }

  func integers(_ name: String) throws -> [Int]? {
    guard let attribute = ask(name) else { return nil }
    // An empty list is written without a sign of its kind.
    if case .floats(let list) = attribute, list.isEmpty { return [] }
    guard case .integers(let list) = attribute else { throw wrong(name, "a list of numbers") }
    return list.map { Int($0) }
  }

  func float(_ name: String) throws -> Float? {
    guard let attribute = ask(name) else { return nil }
    guard case .float(let value) = attribute else { throw wrong(name, "a float") }
    return value
  }

  func float(_ name: String, _ standard: Float) throws -> Float { try float(name) ?? standard }

  func floats(_ name: String) throws -> [Float]? {
    guard let attribute = ask(name) else { return nil }
    if case .integers(let list) = attribute, list.isEmpty { return [] }
    guard case .floats(let list) = attribute else { throw wrong(name, "a list of floats") }
    return list
  }

  func text(_ name: String, _ standard: String) throws -> String {
    guard let attribute = ask(name) else { return standard }
    guard case .text(let bytes) = attribute else { throw wrong(name, "a text") }
    return String(decoding: bytes, as: UTF8.self)
  }

  func tensor(_ name: String) throws -> HostTensor? {
    guard let attribute = ask(name) else { return nil }
    guard case .tensor(let stored) = attribute else { throw wrong(name, "a tensor") }
    return try stored.load()
  }
}

/// The value of an attribute.
public enum SourceAttribute {
  case integer(Int64)
  case float(Float)
  case text([UInt8])
  case tensor(StoredTensor)
  case integers([Int64])
  case floats([Float])
  case texts([[UInt8]])
  /// A graph, or what else this version does not know.
  case other
}
