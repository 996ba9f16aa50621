/// Nodes behind the outputs of a source graph that make them what its tasks need.
extension SourceGraph {
  /// The outputs of `plan`, with the labels of each task side by side and its activation behind
  /// them.
  func answering(_ plan: TaskPlan) -> SourceGraph {
    var graph = self
    graph.outputs = plan.outputs.map { $0.source.name }
    for output in plan.outputs {
      var steps = TaskSteps(graph, output.source)
      steps.add(output)
      graph = steps.finished()
    }
    return graph
  }
}

struct TaskSteps {
  private var graph: SourceGraph
  private let output: SourceOutput
  private var current: String
  private var isFlat: Bool

  init(_ graph: SourceGraph, _ output: SourceOutput) {
    self.graph = graph
    self.output = output
    current = output.name
    // Labels lie along the last axis.
    isFlat = output.shape.last.map { $0 == output.count } ?? false
  }

  mutating func add(_ plan: TaskPlan.Output) {
    guard !plan.items.isEmpty else {
      // Without tasks nobody says what the axes are: the last one is ONNX's own default.
      switch plan.activation {
      case .none: break
      case .sigmoid: current = node("Sigmoid", [current], "sigmoid")
      case .softmax: current = node("Softmax", [current], "softmax", ["axis": .integer(-1)])
      }
      return
    }
    let elements = plan.items.flatMap { $0.elements }
    let isInOrder = elements == Array(0..<output.count)
    let activations = Set(plan.items.map { $0.activation })
    let isPlain = !plan.items.contains { $0.isShared }
    if isInOrder, isPlain, activations == [.none] { return }
    if !isFlat { flatten() }
    // One sigmoid does for all.
    if isPlain, activations.count == 1, plan.items.count == 1 || activations != [.softmax] {
      if !isInOrder { current = gathered(elements, "order") }
      return activate(plan.items[0].activation)
    }
    let source = current
    var parts: [String] = []
    for (index, item) in plan.items.enumerated() {
      let isWhole = isInOrder && plan.items.count == 1
      current = isWhole ? source : gathered(item.elements, "part\(index)", of: source)
      activate(item.activation, "part\(index).")
      if item.isShared { share(item, "part\(index).") }
      parts.append(current)
    }
    current = parts.count == 1 ? parts[0] : node("Concat", parts, "concat", ["axis": .integer(-1)])
  }

  private mutating func node(
    _ op: String, _ inputs: [String], _ name: String, _ attributes: [String: SourceAttribute] = [:]
  ) -> String {
    let result = "\(output.name).\(name)"
    graph.nodes.append(
      SourceNode(op: op, name: result, inputs: inputs, outputs: [result], attributes: attributes))
    return result
  }

  private mutating func constant(_ tensor: HostTensor, _ name: String) -> String {
    let full = "\(output.name).\(name)"
    graph.constants[full] = StoredTensor(tensor)
    return full
  }

  /// The labels of an image along one axis, the last one.
  private mutating func flatten() {
    let isBatched = output.shape.first == .some(.none)
    let shape = constant(
      HostTensor(list: (isBatched ? [0] : []) + [output.count]), "flat.shape")
    current = node("Reshape", [current, shape], "flat")
  }

  private mutating func gathered(
    _ elements: [Int], _ name: String, of source: String? = nil
  ) -> String {
    let order = constant(HostTensor(list: elements), name)
    return node("Gather", [source ?? current, order], name + ".labels", ["axis": .integer(-1)])
  }

  private mutating func activate(_ activation: SourceTasks.Activation, _ prefix: String = "") {
    switch activation {
    case .none: break
    case .sigmoid: current = node("Sigmoid", [current], prefix + "sigmoid")
    case .softmax:
      current = node("Softmax", [current], prefix + "softmax", ["axis": .integer(-1)])
    }
  }

  /// From the probability of one label to those of two.
  private mutating func share(_ item: TaskPlan.Item, _ prefix: String) {
    let one = constant(HostTensor([1], floats: [1]), prefix + "one")
    let rest = node("Sub", [one, current], prefix + "rest")
    current = node(
      "Concat", item.sure == 0 ? [current, rest] : [rest, current], prefix + "both",
      ["axis": .integer(-1)])
  }

  /// What becomes of the name of an output that is no longer the last.
  static func inner(_ name: String) -> String { name + ".before" }

  /// The graph, in which the last of the nodes has the output's name, and what was the output
  /// another one.
  func finished() -> SourceGraph {
    guard current != output.name else { return graph }
    var result = graph
    let inner = Self.inner(output.name)
    func renamed(_ name: String) -> String { name == output.name ? inner : name }
    result.nodes = graph.nodes.map { node in
      SourceNode(
        op: node.op, domain: node.domain, name: node.name, inputs: node.inputs.map(renamed),
        outputs: node.outputs.map { $0 == current ? output.name : renamed($0) },
        attributes: node.attributes)
    }
    return result
  }
}
