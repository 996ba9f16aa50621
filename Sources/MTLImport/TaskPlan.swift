import MTLFormat

/// Which elements of which outputs the tasks of an imported model are.
struct TaskPlan {
  /// One task of an output.
  struct Item {
    let question: SourceTasks.Question
    let activation: SourceTasks.Activation
    /// Elements of the output, one for each label; where two labels share one, that is the
    /// probability of label `sure`.
    let elements: [Int]
    let sure: Int
    var isShared: Bool { elements.count < question.labels.count }
  }

  /// An output that is kept, and its tasks, whose labels follow each other.
  struct Output {
    let source: SourceOutput
    let items: [Item]
    /// Without tasks.
    let activation: SourceTasks.Activation
  }

  let outputs: [Output]

  /// Errors: tasks that do not fit the outputs; the text lists these with their sizes.
  init(_ tasks: SourceTasks, outputs: [SourceOutput]) throws {
    let questions = try Self.questions(tasks, outputs)
    let names = Set(questions.map { $0.name })
    if let unknown = tasks.activations.keys.filter({ !names.contains($0) }).min() {
      throw ImportError("--activation: there is no task '\(unknown)'")
    }
    let places = try Self.places(tasks, questions, outputs)
    var kept: [Output] = []
    for (index, output) in outputs.enumerated() {
      let own = zip(questions, places).filter { $0.1 == index }.map { $0.0 }
      if own.isEmpty {
        if tasks.dropsOtherOutputs && !questions.isEmpty { continue }
        guard questions.isEmpty else {
          throw ImportError(
            "output \(output.title) has no task: name it, --task NAME@\(output.name)=LABEL,…, or "
              + "leave it out, --drop-outputs; \(Self.list(outputs))")
        }
      }
      let labels = own.isEmpty ? nil : tasks.labels
      kept.append(
        Output(
          source: output, items: try Self.items(own, tasks, labels, output),
          activation: own.isEmpty ? tasks.activation : .none))
    }
    if tasks.labels != nil, kept.count > 1 {
      throw ImportError(
        "--labels says what the elements of one output are; \(Self.list(outputs)); "
          + "--drop-outputs leaves out those without a task")
    }
    self.outputs = kept
  }

  /// The tasks as the model file has them.
  var tasks: [Task] {
    var tasks: [Task] = []
    for (index, output) in outputs.enumerated() {
      var first = 0
      for item in output.items {
        tasks.append(
          Task(
            name: Name(item.question.name), isExclusive: item.question.isExclusive, output: index,
            first: first, labels: item.question.labels.map { Name($0) }, threshold: 0.5))
        first += item.question.labels.count
      }
    }
    return tasks
  }

  private static func list(_ outputs: [SourceOutput]) -> String {
    let titles = outputs.map { $0.title }.joined(separator: ", ")
    return outputs.count == 1 ? "the model's output is \(titles)" : "the outputs are \(titles)"
  }

  /// Without tasks, labels make one of themselves.
  private static func questions(
    _ tasks: SourceTasks, _ outputs: [SourceOutput]
  ) throws -> [SourceTasks.Question] {
    guard tasks.questions.isEmpty, let labels = tasks.labels else { return tasks.questions }
    var output: SourceOutput?
    if outputs.count > 1 {
      let fitting = outputs.filter { $0.count == labels.names.count }
      guard tasks.dropsOtherOutputs, fitting.count == 1 else {
        throw ImportError(
          "--labels names \(labels.names.count) elements of one output, \(list(outputs)): say "
            + "which by --task NAME@OUTPUT=LABEL,…, or, where one alone has as many elements, "
            + "--drop-outputs")
      }
      output = fitting[0]
    }
    let isPair = labels.names.count == 2 && (output ?? outputs[0]).count == 1
    return [
      SourceTasks.Question(
        name: "label", output: output?.name, labels: labels.names,
        isExclusive: tasks.activation != .sigmoid || isPair)
    ]
  }

  /// The output of each task: the one that it names, or the only one; else the one that is named as
  /// the task, if that holds of all of them, or the ones that are left, in order.
  private static func places(
    _ tasks: SourceTasks, _ questions: [SourceTasks.Question], _ outputs: [SourceOutput]
  ) throws -> [Int] {
    let names = outputs.map { $0.name }
    var places = try questions.map { question -> Int? in
      guard let name = question.output else { return outputs.count == 1 ? 0 : nil }
      guard let place = names.firstIndex(of: name) else {
        throw ImportError("task '\(question.name)': no output is named '\(name)'; \(list(outputs))")
      }
      return place
    }
    let open = questions.indices.filter { places[$0] == nil }
    if open.allSatisfy({ names.contains(questions[$0].name) }) {
      for index in open { places[index] = names.firstIndex(of: questions[index].name) }
    } else {
      let free = outputs.indices.filter { !places.contains($0) }
      guard open.count == free.count || tasks.dropsOtherOutputs && open.count < free.count else {
        let named = open.map { "'\(questions[$0].name)'" }.joined(separator: ", ")
        throw ImportError(
          "\(questions.count) tasks for \(outputs.count) outputs: say which outputs are those of "
            + "\(named), --task NAME@OUTPUT=LABEL,…; \(list(outputs)); --drop-outputs leaves out "
            + "those without a task")
      }
      for (index, output) in zip(open, free) { places[index] = output }
    }
    return places.map { $0! }
  }

  private static func items(
    _ questions: [SourceTasks.Question], _ tasks: SourceTasks, _ labels: SourceTasks.Labels?,
    _ output: SourceOutput
  ) throws -> [Item] {
    if questions.isEmpty { return [] }
    // Two labels of which exactly one holds need but one number.
    func isPair(_ question: SourceTasks.Question) -> Bool {
      question.isExclusive && question.labels.count == 2
    }
    let all = questions.reduce(0) { $0 + $1.labels.count }
    let least = questions.reduce(0) { $0 + (isPair($1) ? 1 : $1.labels.count) }
    guard output.count == all || output.count == least else {
      throw ImportError(
        "output \(output.title) has \(output.count) elements, its tasks have \(all) labels")
    }
    let isShared = output.count < all
    let order = isShared ? nil : try labels.map { try self.order(questions, $0) }
    var first = 0
    return try questions.map { question in
      let sharesOne = isShared && isPair(question)
      let count = sharesOne ? 1 : question.labels.count
      let elements = (first..<first + count).map { order?[$0] ?? $0 }
      first += count
      let activation = tasks.activation(of: question)
      guard activation != .softmax || count > 1 else {
        throw ImportError(
          "task '\(question.name)': softmax over one element is always 1; a probability of one "
            + "element needs sigmoid, or --tags if its label may hold or not")
      }
      return Item(
        question: question, activation: activation, elements: elements,
        sure: isShared ? try sure(question, labels) : 0)
    }
  }

  /// The label that one number for two labels is the probability of: the first that is named, or
  /// the one with number 1.
  private static func sure(
    _ question: SourceTasks.Question, _ labels: SourceTasks.Labels?
  ) throws -> Int {
    guard let labels else { return 0 }
    guard labels.names.count == 2, Set(labels.names) == Set(question.labels) else {
      throw ImportError(
        "--labels must name the two labels of '\(question.name)', which one element tells apart")
    }
    guard labels.areNumbered else {
      throw ImportError(
        "one element tells \(labels.names.joined(separator: " and ")) apart, and --labels does not "
          + "say which it is the probability of: name that one first, --task NAME=LABEL,LABEL, "
          + "without --labels")
    }
    return question.labels.firstIndex(of: labels.names[1])!
  }

  /// Where the labels of the tasks stand in the output.
  private static func order(
    _ questions: [SourceTasks.Question], _ labels: SourceTasks.Labels
  ) throws -> [Int] {
    let names = labels.names
    let order = try questions.flatMap { $0.labels }.map { label in
      guard let place = names.firstIndex(of: label) else {
        throw ImportError("label '\(label)' is not among \(names.joined(separator: ", "))")
      }
      return place
    }
    guard order.count == names.count, Set(order).count == order.count else {
      throw ImportError("the tasks do not name each of \(names.joined(separator: ", ")) once")
    }
    return order
  }
}
