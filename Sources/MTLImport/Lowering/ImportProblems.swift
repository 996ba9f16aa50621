/// What cannot be imported, in the order in which it was found; nodes of one operator with the same
/// trouble are one line.
struct ImportProblems {
  private struct Group {
    let operatorTitle: String
    let text: String
    var nodes: [SourceNode]
  }

  private struct Key: Hashable {
    let operatorTitle: String
    let text: String
  }

  private var groups: [Group] = []
  private var indexes: [Key: Int] = [:]

  var isEmpty: Bool { groups.isEmpty }
  /// Of lines.
  var count: Int { groups.count }
  /// Nodes, inputs and outputs with a problem.
  var places: Int { groups.reduce(0) { $0 + max(1, $1.nodes.count) } }

  /// What is wrong with something that is no node.
  mutating func add(_ what: String, _ text: String) {
    groups.append(Group(operatorTitle: what, text: text, nodes: []))
  }

  mutating func add(_ node: SourceNode, _ text: String) {
    let key = Key(operatorTitle: node.operatorTitle, text: text)
    if let index = indexes[key] {
      groups[index].nodes.append(node)
    } else {
      indexes[key] = groups.count
      groups.append(Group(operatorTitle: key.operatorTitle, text: text, nodes: [node]))
    }
  }

  /// Leaves out nodes that are not among `needed`.
  mutating func keep(_ needed: Set<ObjectIdentifier>) {
    groups = groups.compactMap { group in
      guard !group.nodes.isEmpty else { return group }
      var kept = group
      kept.nodes = group.nodes.filter { needed.contains(ObjectIdentifier($0)) }
      return kept.nodes.isEmpty ? nil : kept
    }
    indexes = [:]
    for (index, group) in groups.enumerated() where !group.nodes.isEmpty {
      indexes[Key(operatorTitle: group.operatorTitle, text: group.text)] = index
    }
  }

  /// A line for each.
  var lines: [String] {
    groups.map { group in
      let names = group.nodes.prefix(3).map { "'\($0.called)'" }.joined(separator: ", ")
      return switch group.nodes.count {
      case 0: "\(group.operatorTitle): \(group.text)"
      case 1: "\(group.operatorTitle) \(names): \(group.text)"
      case let count:
        "\(group.operatorTitle): \(count) nodes (\(names)\(count > 3 ? ", …" : "")): \(group.text)"
      }
    }
  }
}
