import MTLFormat
import MTLWriter

/// A file that says what the elements of an output mean: a label on each line, JSON, or a pickle.
public enum LabelFile {
  /// Errors: none of these, no labels, one twice.
  public static func read(_ path: String) throws -> SourceTasks.Labels {
    let bytes = try Bytes.map(file: path)
    do {
      let labels = try self.labels(bytes.view, path.lowercased())
      guard !labels.names.isEmpty else { throw ImportError("it names no label") }
      var seen: Set<String> = []
      for name in labels.names where !seen.insert(name).inserted {
        throw ImportError("it names the label '\(name)' twice")
      }
      return labels
    } catch let error as ImportError {
      throw ImportError("\(path): \(error.text)")
    }
  }

  private static func labels(
    _ bytes: UnsafeRawBufferPointer, _ path: String
  ) throws -> SourceTasks.Labels {
    if [".pkl", ".pickle"].contains(where: { path.hasSuffix($0) }) {
      return SourceTasks.Labels(try LabelPickle.labels(bytes))
    }
    // Editors of some systems begin a text with a byte order mark.
    let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
    let bytes = hasMark ? UnsafeRawBufferPointer(rebasing: bytes.dropFirst(3)) : bytes
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ImportError("it is not a text in UTF-8")
    }
    if path.hasSuffix(".json") { return try json(JSONValue(bytes)) }
    if let first = text.first(where: { !$0.isWhitespace }), first == "[" || first == "{",
      let value = try? JSONValue(bytes)
    {
      return try json(value)
    }
    return SourceTasks.Labels(
      text.split(whereSeparator: { $0.isNewline }).map { trimmed($0) }.filter { !$0.isEmpty })
  }

  private static func trimmed(_ line: Substring) -> String {
    var line = line
    while line.last?.isWhitespace == true { line.removeLast() }
    while line.first?.isWhitespace == true { line.removeFirst() }
    return String(line)
  }

  /// A list of labels; or numbers by label, as Keras's `class_indices` are, or labels by number.
  private static func json(_ value: JSONValue) throws -> SourceTasks.Labels {
    switch value {
    case .list(let items): return SourceTasks.Labels(try items.map { try name($0) })
    case .object(let entries):
      let pairs = try entries.map { key, value in
        if let number = value.integer { return (number, key) }
        guard let number = Int(key) else {
          throw ImportError("'\(key)' is no number, nor does it stand for one")
        }
        return (number, try name(value))
      }.sorted { $0.0 < $1.0 }
      guard pairs.map({ $0.0 }) == Array(pairs.indices) else {
        throw ImportError("the numbers of its labels are not 0 to \(pairs.count - 1)")
      }
      return SourceTasks.Labels(pairs.map { $0.1 }, areNumbered: true)
    default: throw ImportError("it is neither a list of labels nor numbers by label")
    }
  }

  /// A text, a number, or a list that ends with the name: `["n01440764", "tench"]`.
  private static func name(_ value: JSONValue) throws -> String {
    if let text = value.text { return text }
    if let number = value.integer { return "\(number)" }
    if let last = value.list?.last?.text { return last }
    throw ImportError("a label is no text")
  }
}
