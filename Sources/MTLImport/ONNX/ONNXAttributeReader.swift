import MTLFormat

/// Reads AttributeProto.
struct ONNXAttributeReader {
  let graphs: ONNXGraphReader

  /// The attribute's fields as they stand.
  private struct Fields {
    var name = ""
    var reference = ""
    var kind = Int64(0)
    /// Values by their kind, AttributeProto.type.
    var values: [Int64: SourceAttribute] = [:]
    var (floats, integers, texts) = ([Float](), [Int64](), [[UInt8]]())
  }

  /// Errors: it is damaged, holds two values, or not what its type says.
  func read(_ message: ProtobufReader) throws -> (String, SourceAttribute) {
    var fields = Fields()
    var reader = message
    while let field = try reader.next() { try take(field, into: &fields) }
    guard !fields.name.isEmpty else {
      throw ImportError("byte \(message.start): an attribute without name")
    }
    do {
      return (fields.name, try value(fields))
    } catch let error as ImportError {
      throw ImportError("byte \(message.start): attribute \(fields.name) \(error.text)")
    }
  }

  private func take(_ field: ProtobufReader.Field, into fields: inout Fields) throws {
    switch field.number {
    case 1: fields.name = try field.text()
    case 2: fields.values[1] = .float(try field.float())
    case 3: fields.values[2] = .integer(try field.integer())
    case 4: fields.values[3] = .text(Array(try field.message().bytes))
    case 5: fields.values[4] = .tensor(try graphs.tensor(try field.message()).tensor)
    case 6: fields.values[5] = .graph(try graphs.inner().read(try field.message()))
    case 7:
      try field.floats(into: &fields.floats)
      fields.values[6] = .floats(fields.floats)
    case 8:
      try field.integers(into: &fields.integers)
      fields.values[7] = .integers(fields.integers)
    case 9:
      fields.texts.append(Array(try field.message().bytes))
      fields.values[8] = .texts(fields.texts)
    case 10: fields.values[9] = .unsupported("a list of tensors")
    case 11: fields.values[10] = .unsupported("a list of graphs")
    case 13: break  // a description
    case 14: fields.values[13] = .unsupported("a type")
    case 15: fields.values[14] = .unsupported("a list of types")
    case 20: fields.kind = try field.integer()
    case 21: fields.reference = try field.text()
    case 22: fields.values[11] = .unsupported("a sparse tensor")
    case 23: fields.values[12] = .unsupported("a list of sparse tensors")
    default: throw field.unknown(in: "an attribute")
    }
  }

  private func value(_ fields: Fields) throws -> SourceAttribute {
    // Some writers write every field; those that hold nothing say nothing.
    let held = fields.values.filter { !$0.value.isNothing }
    if !fields.reference.isEmpty {
      if let value = held.values.first {
        throw ImportError("refers to '\(fields.reference)', and holds \(value.kind)")
      }
      return .reference(fields.reference, kind: fields.kind)
    }
    // The kind is written since version 3 of the format; before, it is what is there.
    guard fields.kind != 0 else {
      let values = held.isEmpty ? fields.values : held
      guard values.count <= 1 else {
        throw ImportError("holds \(values.values.map { $0.kind }.sorted().joined(separator: ", "))")
      }
      return values.values.first ?? .unsupported("without a value")
    }
    if let other = held.first(where: { $0.key != fields.kind }) {
      throw ImportError("is of kind \(fields.kind), and holds \(other.value.kind)")
    }
    if let value = fields.values[fields.kind] { return value }
    // What is 0 or empty need not be written.
    switch fields.kind {
    case 1: return .float(0)
    case 2: return .integer(0)
    case 3: return .text([])
    case 6: return .floats([])
    case 7: return .integers([])
    case 8: return .texts([])
    default: throw ImportError("is of kind \(fields.kind), and holds nothing")
    }
  }
}

extension SourceAttribute {
  /// 0, or of no elements.
  fileprivate var isNothing: Bool {
    switch self {
    case .integer(let value): value == 0
    case .float(let value): value == 0
    case .text(let bytes): bytes.isEmpty
    case .integers(let list): list.isEmpty
    case .floats(let list): list.isEmpty
    case .texts(let list): list.isEmpty
    case .tensor, .graph, .reference, .unsupported: false
    }
  }
}
