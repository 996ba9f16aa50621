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
  /// What each task counts in the loss, in the order of tasks; empty: all the same.
  public var taskWeights: [Double]
  /// Whether labels that few training images have count more: as much together as any other of
  /// their task.
  public var isBalanced: Bool

  public init(
    network: String, recipe: String, seed: UInt64, batch: Int, epochs: Int = 0,
    colorTasks: [String] = [], heldOut: [String] = [], taskWeights: [Double] = [],
    isBalanced: Bool = false
  ) {
    self.network = network
    self.recipe = recipe
    self.seed = seed
    self.batch = batch
    self.epochs = epochs
    self.colorTasks = colorTasks
    self.heldOut = heldOut
    self.taskWeights = taskWeights
    self.isBalanced = isBalanced
  }

  /// What a network of these labels has to be made for.
  func request(_ labels: LabelSet) -> NetworkRequest {
    NetworkRequest(labels: labels, colorTasks: colorTasks, seed: seed)
  }
}
