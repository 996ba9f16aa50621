import MTLFormat

/// The tasks that an imported model answers, and how its outputs become their scores.
public struct SourceTasks: Sendable {
  public struct Question: Sendable {
    public let name: String
    public let labels: [String]
    public let isExclusive: Bool

    public init(name: String, labels: [String], isExclusive: Bool) {
      self.name = name
      self.labels = labels
      self.isExclusive = isExclusive
    }
  }

  public enum Activation: String, CaseIterable, Sendable {
    case none, sigmoid, softmax
  }

  public var questions: [Question] = []
  /// What the elements of the only output mean, in order; nil: as the tasks name them.
  public var labels: [String]?
  /// What the outputs still lack to be probabilities.
  public var activation = Activation.none

  public init() {}

  /// The graph with its outputs as the tasks need them: labels of a task side by side, and the
  /// activation behind them.
  ///
  /// Errors: a label that is not among `labels`.
  func applied(to source: SourceGraph) throws -> SourceGraph {
    var graph = source
    let questions = try self.resolved()
    for (index, name) in source.outputs.enumerated() {
      let own = source.outputs.count == 1 ? questions : questions.isEmpty ? [] : [questions[index]]
      var steps = Steps(&graph, output: name)
      if let order = try order(own) { steps.gather(order) }
      if activation != .none { steps.activate(activation, own) }
      graph = steps.finished()
    }
    return graph
  }

  /// The tasks of the model: all of the one output, or one for each.
  func tasks(outputs: [(name: String, count: Int)]) throws -> [Task] {
    let questions = try self.resolved()
    guard !questions.isEmpty else { return [] }
    guard outputs.count == 1 || outputs.count == questions.count else {
      throw ImportError("\(questions.count) tasks for \(outputs.count) outputs")
    }
    var tasks: [Task] = []
    var first = 0
    for (index, question) in questions.enumerated() {
      let output = outputs.count == 1 ? 0 : place(question, index, outputs.map { $0.name })
      tasks.append(
        Task(
          name: Name(question.name), isExclusive: question.isExclusive, output: output,
          first: outputs.count == 1 ? first : 0, labels: question.labels.map { Name($0) },
          threshold: 0.5))
      first += question.labels.count
    }
    for (index, output) in outputs.enumerated() {
      let count = tasks.filter { $0.output == index }.reduce(0) { $0 + $1.labels.count }
      guard count == output.count else {
        throw ImportError(
          "output '\(output.name)' has \(output.count) elements, its tasks have \(count) labels")
      }
    }
    return tasks
  }

  /// An output that is named as the task, or the one in the same place.
  private func place(_ question: Question, _ index: Int, _ names: [String]) -> Int {
    let areAllNamed = questions.allSatisfy { names.contains($0.name) }
    return areAllNamed ? names.firstIndex(of: question.name)! : index
  }

  /// Without tasks, labels make one of themselves.
  private func resolved() throws -> [Question] {
    guard questions.isEmpty, let labels else { return questions }
    return [Question(name: "label", labels: labels, isExclusive: activation != .sigmoid)]
  }

  /// Where the labels of the tasks stand in the output; nil if they stand in that order.
  private func order(_ questions: [Question]) throws -> [Int]? {
    guard let labels, !questions.isEmpty else { return nil }
    let order = try questions.flatMap { $0.labels }.map { label in
      guard let place = labels.firstIndex(of: label) else {
        throw ImportError("label '\(label)' is not among \(labels.joined(separator: ", "))")
      }
      return place
    }
    guard order.count == labels.count, Set(order).count == order.count else {
      throw ImportError("the tasks do not name each of \(labels.joined(separator: ", ")) once")
    }
    return order == Array(labels.indices) ? nil : order
  }
}

/// Nodes behind an output, the last of which takes its name.
private struct Steps {
  private var graph: SourceGraph
  private let output: String
  private var current: String

  init(_ graph: inout SourceGraph, output: String) {
    self.graph = graph
    self.output = output
    current = output
  }

  private mutating func add(
    _ op: String, _ inputs: [String], _ attributes: [String: SourceAttribute]
  ) {
    let result = output + "." + op.lowercased()
    graph.nodes.append(
      SourceNode(op: op, name: result, inputs: inputs, outputs: [result], attributes: attributes))
    current = result
  }

  mutating func gather(_ order: [Int]) {
    let name = output + ".order"
    graph.constants[name] = StoredTensor(HostTensor(list: order))
    add("Gather", [current, name], ["axis": .integer(-1)])
  }

  mutating func activate(
    _ activation: SourceTasks.Activation, _ questions: [SourceTasks.Question]
  ) {
    if activation == .sigmoid { return add("Sigmoid", [current], [:]) }
    guard questions.count > 1 else { return add("Softmax", [current], ["axis": .integer(-1)]) }
    var parts: [String] = []
    var start = 0
    let source = current
    for (index, question) in questions.enumerated() {
      let name = "\(output).part\(index)"
      graph.constants[name] = StoredTensor(
        HostTensor(list: Array(start..<start + question.labels.count)))
      graph.nodes.append(
        SourceNode(
          op: "Gather", name: name + ".labels", inputs: [source, name],
          outputs: [name + ".labels"], attributes: ["axis": .integer(-1)]))
      graph.nodes.append(
        SourceNode(
          op: "Softmax", name: name + ".softmax", inputs: [name + ".labels"],
          outputs: [name + ".softmax"], attributes: ["axis": .integer(-1)]))
      parts.append(name + ".softmax")
      start += question.labels.count
    }
    add("Concat", parts, ["axis": .integer(-1)])
  }

  /// The graph, in which what was the output has another name.
  func finished() -> SourceGraph {
    guard current != output else { return graph }
    var result = graph
    let inner = output + ".before"
    result.nodes = graph.nodes.map { node in
      let names = node.outputs.map { $0 == output ? inner : $0 == current ? output : $0 }
      return SourceNode(
        op: node.op, domain: node.domain, name: node.name,
        inputs: node.inputs.map { $0 == output ? inner : $0 }, outputs: names,
        attributes: node.attributes)
    }
    return result
  }
}
