import CMTL

/// How a network is trained: everything but the data and the network.
public struct Recipe: Sendable {
  /// The learning rate over a run.
  public enum Schedule: Sendable, Equatable {
    /// `rate / (1 + decay * step)`, steps counted from 0: the same however long a run is.
    case inverseTime(rate: Double, decay: Double)
    /// Up from 0 to `rate` within a part of the run, then down to 0 along half a cosine.
    case cosine(rate: Double, warmUp: Double)

    /// The learning rate at `step`, from 0, of a run of `steps`.
    public func rate(at step: UInt64, of steps: UInt64) -> Double {
      switch self {
      case .inverseTime(let rate, let decay): return rate / (1 + decay * Double(step))
      case .cosine(let rate, let warmUp):
        let place = (Double(step) + 1) / Double(max(steps, 1))
        if place < warmUp { return rate * place / warmUp }
        let rest = min(1, (place - warmUp) / (1 - warmUp))
        return rate * 0.5 * (1 + cos(Double.pi * rest))
      }
    }
  }

  public let name: String
  /// One line for `--help`.
  public let summary: String
  public let epochs: Int
  public let batch: Int
  public let schedule: Schedule
  /// Part of each weight (not of biases and normalisations) that a step takes off, in units of the
  /// learning rate.
  public var weightDecay: Double = 0
  /// If above 0, predictions are made with moving averages of the parameters, which keep this part
  /// of themselves at each step.
  public var averaging: Double = 0
  public let augmentation: Augmentation
  /// Whether labels that few images have count more. Before a combination that it has not seen a
  /// network is less sure, and else leans to labels that many images had.
  public var isBalanced = false
  /// Whether temperatures and thresholds are fitted to the validation images at the end.
  public var isCalibrated = false

  /// Whether the rate depends on how long the run is.
  public var needsLength: Bool {
    if case .cosine = schedule { return true }
    return false
  }

  public static let all = [steady, reference, quick]

  /// The recipe of this name, or nil.
  public static func named(_ name: String) -> Recipe? { all.first { $0.name == name } }

  public static let steady = Recipe(
    name: "steady",
    summary: "AdamW along half a cosine, averaged weights, 44 epochs of batch 32", epochs: 44,
    batch: 32, schedule: .cosine(rate: 0.003, warmUp: 0.1), weightDecay: 0.05, averaging: 0.995,
    augmentation: .moderate, isBalanced: true, isCalibrated: true)

  public static let reference = Recipe(
    name: "reference", summary: "Adam at 0.01 with inverse-time decay, 50 epochs of batch 32",
    epochs: 50, batch: 32, schedule: .inverseTime(rate: 0.01, decay: 0.01 / 50),
    augmentation: .reference)

  /// For the lean network: fewer epochs, and the decay that suits them.
  public static let quick = Recipe(
    name: "quick", summary: "Adam at 0.01 with fast inverse-time decay, 20 epochs of batch 16",
    epochs: 20, batch: 16, schedule: .inverseTime(rate: 0.01, decay: 0.005), augmentation: .mild)
}
