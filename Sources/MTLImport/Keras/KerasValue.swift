/// How Keras writes Python's values as JSON.
extension JSONValue {
  /// Without the objects that stand around arrays, numbers of NumPy, tensors, tuples and shapes.
  var plain: JSONValue {
    guard case .object(let entries) = self else {
      if case .list(let items) = self { return .list(items.map { $0.plain }) }
      return self
    }
    switch self["class_name"]?.text {
    case "__numpy__", "__tensor__", "__ndarray__":
      return self["config"]?["value"]?.plain ?? self
    case "__tuple__", "TensorShape", "__list__":
      return (self["items"] ?? self["config"]?["value"])?.plain ?? self
    case nil where entries.count == 2 && self["type"]?.text != nil:
      return self["value"]?.plain ?? self
    default: return self
    }
  }

  /// A number, a list of numbers, or lists of lists of equal lengths.
  var tensor: HostTensor? {
    if let number { return HostTensor(scalar: Float(number)) }
    guard let list, !list.isEmpty else { return nil }
    let parts = list.compactMap { $0.tensor }
    guard parts.count == list.count, Set(parts.map { $0.shape }).count == 1,
      parts[0].shape.count < 7
    else { return nil }
    return HostTensor([parts.count] + parts[0].shape, floats: parts.flatMap { $0.floats })
  }

  /// For messages.
  var shortText: String {
    switch self {
    case .null: return "null"
    case .bool(let value): return "\(value)"
    case .number(let value): return Int(exactly: value).map { "\($0)" } ?? "\(value)"
    case .text(let value): return "'\(value.prefix(40))'"
    case .list(let items):
      let texts = items.prefix(6).map { $0.isNested ? "…" : $0.shortText }
      return "[\(texts.joined(separator: ", "))\(items.count > 6 ? ", …" : "")]"
    case .object: return self["class_name"]?.text.map { "a \($0.prefix(40))" } ?? "an object"
    }
  }

  private var isNested: Bool {
    switch self {
    case .list, .object: true
    default: false
    }
  }
}
