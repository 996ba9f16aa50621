/// What was asked for when a run was started; it does not change when the run is resumed.
public struct RunConfiguration: Equatable, Sendable {
  /// Names of a `NetworkKind` and a `Recipe`.
  public var network: String
  public var recipe: String
  public var seed: UInt64
  /// Images per step.
  public var batch: Int
  /// How many epochs the learning rate is laid out for; 0 where it does not depend on that.
  public var epochs: Int
  /// Names of the tasks that are about colors.
  public var colorTasks: [String]
  /// Folders whose images are left out of training and validation.
  public var heldOut: [String]

  public init(
    network: String, recipe: String, seed: UInt64, batch: Int, epochs: Int = 0,
    colorTasks: [String] = [], heldOut: [String] = []
  ) {
    self.network = network
    self.recipe = recipe
    self.seed = seed
    self.batch = batch
    self.epochs = epochs
    self.colorTasks = colorTasks
    self.heldOut = heldOut
  }

  /// What a network of these labels has to be made for.
  func request(_ labels: LabelSet) -> NetworkRequest {
    NetworkRequest(labels: labels, colorTasks: colorTasks, seed: seed)
  }
}
