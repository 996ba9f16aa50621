/// What was asked for when a run was started; it does not change when the run is resumed.
public struct RunConfiguration: Equatable, Sendable {
  /// Names of a `NetworkKind` and a `Recipe`.
  public var network: String
  public var recipe: String
  public var seed: UInt64
  /// Images per step.
  public var batch: Int

  public init(network: String, recipe: String, seed: UInt64, batch: Int) {
    self.network = network
    self.recipe = recipe
    self.seed = seed
    self.batch = batch
  }
}
