/// What cannot be imported of a model: what is said alike of layers of one class stands on one
/// line.
struct KerasProblems {
  private var lines: [(kind: String, text: String, names: [String])] = []
  private static let namesMost = 4
  private static let linesMost = 100

  var isEmpty: Bool { lines.isEmpty }

  mutating func add(_ layer: KerasLayer, _ text: String) {
    add(layer.kind, layer.path.joined(separator: "/"), text)
  }

  private mutating func add(_ kind: String, _ name: String, _ text: String) {
    if let index = lines.firstIndex(where: { $0.kind == kind && $0.text == text }) {
      if !lines[index].names.contains(name) { lines[index].names.append(name) }
    } else {
      lines.append((kind, text, [name]))
    }
  }

  /// `weights` are the paths of those that no layer has asked for.
  mutating func addUnused(_ weights: [String]) {
    for path in weights { add("weights", path, "no layer of the model uses them") }
  }

  /// All of it, the classes with what is most first.
  func error(wayOut: String) -> ImportError {
    let count = lines.reduce(0) { $0 + $1.names.count }
    let texts = lines.prefix(Self.linesMost).map { line -> String in
      let names = line.names.prefix(Self.namesMost).map { "'\($0)'" }.joined(separator: ", ")
      let more = line.names.count > Self.namesMost ? ", … (\(line.names.count))" : ""
      return "  \(line.kind) \(names)\(more): \(line.text)"
    }
    return ImportError(
      "what cannot be imported (\(count)); \(wayOut):\n\(texts.joined(separator: "\n"))",
      isAboutModel: true)
  }
}
