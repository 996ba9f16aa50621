import MTLFormat

/// What a network is made for.
public struct NetworkRequest: Sendable {
  public let labels: LabelSet
  /// Names of the tasks that are about colors. If there are any, the branches of the others are
  /// trained on mixed colors.
  public let colorTasks: [String]
  /// Decides the initial weights.
  public let seed: UInt64

  public init(labels: LabelSet, colorTasks: [String], seed: UInt64) {
    self.labels = labels
    self.colorTasks = colorTasks
    self.seed = seed
  }
}

/// A network that can be asked for by name.
public struct NetworkKind: Sendable {
  public let name: String
  /// One line for `--help`.
  public let summary: String
  /// Side of the square RGB input.
  public let side: Int
  /// Name of the recipe that suits it.
  public let recipe: String
  public let make: @Sendable (NetworkRequest) throws(Status) -> Network

  public static let all = [branches, reference, lean]

  /// The kind of this name, or nil.
  public static func named(_ name: String) -> NetworkKind? { all.first { $0.name == name } }

  /// The kind that a recipe is for, if it is one's own.
  public static func suiting(recipe: String) -> NetworkKind? {
    all.first { $0.recipe == recipe }
  }

  /// For one task of `labels` labels.
  public func make(_ labels: Int, _ seed: UInt64) throws(Status) -> Network {
    let names = (0..<labels).map { "label\($0)" }
    return try make(
      NetworkRequest(
        labels: try LabelSet(names: ["task"], labels: [names]), colorTasks: [], seed: seed))
  }
}
