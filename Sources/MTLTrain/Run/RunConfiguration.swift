import CMTL
import MTLFormat

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
  public var heldOut: [String] = []
  /// What each task counts in the loss, in the order of tasks; empty: all the same.
  public var taskWeights: [Double] = []
  /// Whether what each task counts is learned with the network, beside `taskWeights`.
  public var learnsTaskWeights = false
  /// Whether labels that few training images have count more: as much together as any other of
  /// their task.
  public var isBalanced = false
  /// The run whose weights it starts with; empty: none.
  public var initialRun = ""
  /// Whether all but the last layer of each branch stays as it started.
  public var isTrunkFrozen = false
  /// Whether temperatures and thresholds are fitted to the validation images at the end.
  public var isCalibrated = false

  public init(
    network: String, recipe: String, seed: UInt64, batch: Int, epochs: Int = 0,
    colorTasks: [String] = []
  ) {
    self.network = network
    self.recipe = recipe
    self.seed = seed
    self.batch = batch
    self.epochs = epochs
    self.colorTasks = colorTasks
  }

  /// The network of such a run, with weights to start with.
  /// Errors: a network that this program does not know.
  public func makeNetwork(_ labels: LabelSet) throws(Status) -> Network {
    guard let kind = NetworkKind.named(network) else {
      throw Status(MTLRT_E_IO, "the run's network \"\(network)\" is not known here")
    }
    let made = try kind.make(
      NetworkRequest(labels: labels, colorTasks: colorTasks, seed: seed))
    if learnsTaskWeights { try made.learnTaskWeights(labels.tasks.count) }
    if isTrunkFrozen { made.freezeTrunk() }
    return made
  }
}
