import MTLFormat

/// The tasks that an imported model answers, as the user names them. `TaskPlan` says which elements
/// of which outputs they are.
public struct SourceTasks: Sendable {
  public struct Question: Sendable {
    public let name: String
    /// The output that it is about; nil: as its name or its place says.
    public let output: String?
    public let labels: [String]
    public let isExclusive: Bool

    public init(name: String, output: String? = nil, labels: [String], isExclusive: Bool) {
      self.name = name
      self.output = output
      self.labels = labels
      self.isExclusive = isExclusive
    }
  }

  /// What the elements of an output mean, in order.
  public struct Labels: Sendable {
    public let names: [String]
    /// Whether each stands for a number: of two, which one sigmoid tells apart, the second is the
    /// one that it is the probability of.
    public let areNumbered: Bool

    public init(_ names: [String], areNumbered: Bool = false) {
      self.names = names
      self.areNumbered = areNumbered
    }
  }

  public enum Activation: String, CaseIterable, Sendable {
    case none, sigmoid, softmax
  }

  public var questions: [Question] = []
  /// nil: as the tasks name them.
  public var labels: Labels?
  /// What the outputs still lack to be probabilities; `activations` says so of single tasks.
  public var activation = Activation.none
  public var activations: [String: Activation] = [:]
  /// Whether outputs that have no task are left out.
  public var dropsOtherOutputs = false

  public init() {}

  var isEmpty: Bool {
    questions.isEmpty && labels == nil && activation == .none && activations.isEmpty
      && !dropsOtherOutputs
  }

  func activation(of question: Question) -> Activation {
    activations[question.name] ?? activation
  }
}

/// An output of a source graph.
struct SourceOutput {
  let name: String
  /// nil counts images.
  let shape: [Int?]

  /// Elements for one image.
  var count: Int { shape.reduce(1) { $0 * ($1 ?? 1) } }

  /// For messages: `'y' (N, 5)`.
  var title: String {
    "'\(name)' (\(shape.map { $0.map { "\($0)" } ?? "N" }.joined(separator: ", ")))"
  }
}
