/// The value of an attribute.
public enum SourceAttribute {
  case integer(Int64)
  case float(Float)
  case text([UInt8])
  case tensor(StoredTensor)
  case graph(SourceGraph)
  case integers([Int64])
  case floats([Float])
  case texts([[UInt8]])
  /// The attribute of that name of the function that the node stands in, and its kind by ONNX's
  /// number, 0 where the reference does not say.
  case reference(String, kind: Int64)
  /// Something that no operator takes, in words.
  case unsupported(String)

  /// In words.
  var kind: String {
    switch self {
    case .integer: "a whole number"
    case .float: "a float"
    case .text: "a text"
    case .tensor: "a tensor"
    case .graph: "a graph"
    case .integers: "a list of whole numbers"
    case .floats: "a list of floats"
    case .texts: "a list of texts"
    case .reference(let name, _): "the attribute '\(name)' of a function"
    case .unsupported(let what): what
    }
  }

  /// AttributeProto.type of such a value; nil for what has none of its own.
  var number: Int64? {
    switch self {
    case .float: 1
    case .integer: 2
    case .text: 3
    case .tensor: 4
    case .graph: 5
    case .floats: 6
    case .integers: 7
    case .texts: 8
    case .reference, .unsupported: nil
    }
  }
}
