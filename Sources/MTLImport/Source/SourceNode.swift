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
  /// Version of the operator set that it is written in; nil: the graph's.
  public let opset: Int?
  /// Which of the functions of that name it calls.
  let overload: String
  /// Names of tensors outside of them that its subgraphs read.
  let captured: Set<String>
  /// The attributes that somebody has asked for.
  private(set) var asked: Set<String> = []
  /// The inputs that somebody has asked for.
  private var askedInputs: Set<Int> = []

  public init(
    op: String, domain: String = "", name: String, inputs: [String], outputs: [String],
    attributes: [String: SourceAttribute] = [:], opset: Int? = nil, overload: String = ""
  ) {
    self.op = op
    self.domain = domain
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
    self.opset = opset
    self.overload = overload
    captured = attributes.values.reduce(into: []) { names, attribute in
      if case .graph(let graph) = attribute { names.formUnion(graph.captured) }
    }
  }

  /// The same with other attributes.
  func with(attributes: [String: SourceAttribute]) -> SourceNode {
    SourceNode(
      op: op, domain: domain, name: name, inputs: inputs, outputs: outputs,
      attributes: attributes, opset: opset, overload: overload)
  }

  /// Names of all tensors that it needs.
  var reads: [String] { captured.isEmpty ? inputs : inputs + captured.sorted() }

  /// For messages: `Conv 'conv1'`.
  var title: String { "\(operatorTitle) '\(called)'" }

  /// For messages: `Conv`.
  var operatorTitle: String { domain.isEmpty ? op : "\(domain).\(op)" }

  /// Its name, or the first that it gives.
  var called: String { name.isEmpty ? outputs.first { !$0.isEmpty } ?? "" : name }

  /// Names of attributes that nobody has asked for, in order.
  var unasked: [String] { attributes.keys.filter { !asked.contains($0) }.sorted() }

  /// The inputs that are there and that nobody has asked for.
  var unaskedInputs: [Int] {
    inputs.indices.filter { !inputs[$0].isEmpty && !askedInputs.contains($0) }
  }

  func ask(input index: Int) { askedInputs.insert(index) }

  private func ask(_ name: String) -> SourceAttribute? {
    asked.insert(name)
    return attributes[name]
  }

  private func wrong(_ name: String, _ what: String) -> ImportError {
    ImportError("attribute \(name) is \(attributes[name]?.kind ?? "absent"), not \(what)")
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

  func graph(_ name: String) throws -> SourceGraph? {
    guard let attribute = ask(name) else { return nil }
    guard case .graph(let graph) = attribute else { throw wrong(name, "a graph") }
    return graph
  }
}
