import MTLFormat

/// A network that can be asked for by name.
public struct NetworkKind: Sendable {
  public let name: String
  /// One line for `--help`.
  public let summary: String
  /// Side of the square RGB input.
  public let side: Int
  /// Name of the recipe that suits it.
  public let recipe: String
  public let make: @Sendable (_ labels: Int, _ seed: UInt64) throws(Status) -> Network

  public static let all = [reference, lean]

  /// The kind of this name, or nil.
  public static func named(_ name: String) -> NetworkKind? { all.first { $0.name == name } }
}
