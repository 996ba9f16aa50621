import MTLFormat

/// The labels in a pickle: those of a scikit-learn MultiLabelBinarizer, LabelBinarizer or
/// LabelEncoder, or a plain list.
public struct LabelPickle {
  private let values: [PickleValue]

  /// Errors: the file is no such pickle.
  public static func labels(_ bytes: UnsafeRawBufferPointer) throws -> [String] {
    let (values, root) = try PickleReader.read(bytes)
    let pickle = LabelPickle(values: values)
    let list =
      try pickle.entry("classes_", of: pickle.state(root)).map { try pickle.texts($0) }
      ?? pickle.texts(root)
    guard !list.isEmpty, Set(list).count == list.count else {
      throw ImportError("the pickle names no label, or one twice")
    }
    return list
  }

  /// What would be set on an object.
  private func state(_ place: Int) -> Int? {
    guard case .object(_, _, let state) = values[place] else { return nil }
    return state
  }

  /// The value of a text key of a dictionary.
  private func entry(_ key: String, of place: Int?) throws -> Int? {
    guard let place, case .dictionary(let items) = values[place] else { return nil }
    for index in stride(from: 0, to: items.count - 1, by: 2) {
      if case .text(let name) = values[items[index]], name == key { return items[index + 1] }
    }
    throw ImportError("the object in the pickle has no '\(key)'")
  }

  private func texts(_ place: Int) throws -> [String] {
    switch values[place] {
    case .list(let items), .tuple(let items): return try items.map { try text($0) }
    case .object(let callable, _, let state?):
      guard case .global(let name) = values[callable], name.hasSuffix("multiarray._reconstruct"),
        case .tuple(let parts) = values[state], parts.count == 5
      else { break }
      return try array(type: parts[2], content: parts[4])
    case .object(let callable, let arguments, nil):
      // Protocol 5 writes arrays as buffers.
      guard case .global(let name) = values[callable], name.hasSuffix("numeric._frombuffer"),
        case .tuple(let parts) = values[arguments], parts.count == 4
      else { break }
      return try array(type: parts[1], content: parts[0])
    default: break
    }
    throw ImportError("the pickle holds no list of labels")
  }

  private func text(_ place: Int) throws -> String {
    switch values[place] {
    case .text(let text): return text
    case .integer(let number): return "\(number)"
    default: throw ImportError("a label in the pickle is no text")
    }
  }

  /// The elements of a numpy array: a list of objects, or UCS-4 texts of one length.
  private func array(type: Int, content: Int) throws -> [String] {
    if case .list = values[content] { return try texts(content) }
    guard case .object(_, let arguments, _) = values[type],
      case .tuple(let words) = values[arguments], let first = words.first,
      case .text(let name) = values[first], name.hasPrefix("U"),
      let length = Int(name.dropFirst()), (1...4096).contains(length)
    else { throw ImportError("the labels in the pickle are no texts") }
    let bytes = try self.bytes(content)
    guard bytes.count % (4 * length) == 0 else { throw ImportError("labels are cut short") }
    return try stride(from: 0, to: bytes.count, by: 4 * length).map { start in
      var label = String.UnicodeScalarView()
      for at in stride(from: start, to: start + 4 * length, by: 4) {
        let code = bytes[at..<at + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard let scalar = Unicode.Scalar(code) else {
          throw ImportError("a label is not Unicode")
        }
        if code != 0 { label.append(scalar) }
      }
      return String(label)
    }
  }

  /// Bytes, which protocols up to 2 write as a text to be encoded in Latin-1.
  private func bytes(_ place: Int) throws -> [UInt8] {
    if case .bytes(let bytes) = values[place] { return bytes }
    if case .object(let callable, let arguments, _) = values[place],
      case .global("_codecs.encode") = values[callable],
      case .tuple(let parts) = values[arguments], let first = parts.first,
      case .text(let text) = values[first]
    {
      return try text.unicodeScalars.map { scalar in
        guard let byte = UInt8(exactly: scalar.value) else {
          throw ImportError("bytes are no bytes")
        }
        return byte
      }
    }
    throw ImportError("the labels in the pickle are no texts")
  }
}
