/// How a network is trained: everything but the data and the network.
public struct Recipe: Sendable {
  public let name: String
  /// One line for `--help`.
  public let summary: String
  public let epochs: Int
  public let batch: Int
  /// The learning rate at optimiser step `step`, from 0: `rate / (1 + decay * step)`.
  public let rate: Double
  public let decay: Double
  public let augmentation: Augmentation

  public func rate(at step: UInt64) -> Double { rate / (1 + decay * Double(step)) }

  public static let all = [reference, quick]

  /// The recipe of this name, or nil.
  public static func named(_ name: String) -> Recipe? { all.first { $0.name == name } }

  public static let reference = Recipe(
    name: "reference", summary: "Adam at 0.01 with inverse-time decay, 50 epochs of batch 32",
    epochs: 50, batch: 32, rate: 0.01, decay: 0.01 / 50, augmentation: .reference)

  /// For the lean network: fewer epochs, and the decay that suits them.
  public static let quick = Recipe(
    name: "quick", summary: "Adam at 0.01 with fast inverse-time decay, 20 epochs of batch 16",
    epochs: 20, batch: 16, rate: 0.01, decay: 0.005, augmentation: .mild)
}
