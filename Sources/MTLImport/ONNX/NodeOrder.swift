extension SourceGraph {
  /// Brings the nodes into an order in which each comes behind what it reads, those of the graphs
  /// in attributes, too. What is in order stays as it is.
  ///
  /// Errors: nodes wait for one another, or a tensor is made twice.
  mutating func sort() throws {
    var makers: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for name in node.outputs where !name.isEmpty {
        guard makers.updateValue(index, forKey: name) == nil, constants[name] == nil,
          !inputs.contains(where: { $0.name == name })
        else { throw ImportError("\(node.title): '\(name)' is made twice") }
      }
    }
    let needs = nodes.map { node in Set(node.reads.compactMap { makers[$0] }) }
    let isSorted = needs.indices.allSatisfy { index in needs[index].allSatisfy { $0 < index } }
    if !isSorted { nodes = try Self.order(needs, nodes).map { nodes[$0] } }
    for (index, node) in nodes.enumerated() {
      var attributes = node.attributes
      for case (let name, .graph(var graph)) in node.attributes {
        try graph.sort()
        attributes[name] = .graph(graph)
        nodes[index] = node.with(attributes: attributes)
      }
    }
  }

  /// The indexes of the nodes, each behind those that it needs.
  private static func order(_ needs: [Set<Int>], _ nodes: [SourceNode]) throws -> [Int] {
    enum Mark { case new, open, done }
    var marks = Array(repeating: Mark.new, count: needs.count)
    var order: [Int] = []
    for first in needs.indices where marks[first] == .new {
      // The nodes that wait for what they need, each with what is left of that.
      var waiting = [(node: first, left: needs[first].sorted()[...])]
      marks[first] = .open
      while let last = waiting.indices.last {
        guard let next = waiting[last].left.popFirst() else {
          marks[waiting[last].node] = .done
          order.append(waiting.removeLast().node)
          continue
        }
        switch marks[next] {
        case .done: break
        case .open:
          let start = waiting.firstIndex { $0.node == next }!
          let cycle = waiting[start...].map { nodes[$0.node].title }
          let shown = cycle.prefix(8).joined(separator: ", ") + (cycle.count > 8 ? ", …" : "")
          throw ImportError("nodes that wait for one another: \(shown)")
        case .new:
          marks[next] = .open
          waiting.append((next, needs[next].sorted()[...]))
        }
      }
    }
    return order
  }
}
