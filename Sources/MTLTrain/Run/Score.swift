/// How right a network is on a set of images.
public struct Score: Equatable, Sendable {
  public let images: Int
  /// Binary cross-entropy, averaged over labels and images, as far as their answers are known.
  public let loss: Double
  /// Part of the images whose label is right, per task; nil if no answer is known.
  public let tasks: [Double?]
  /// Part of the images for which every task is right; nil if of none all answers are known.
  public let exact: Double?

  public init(images: Int, loss: Double, tasks: [Double?], exact: Double?) {
    self.images = images
    self.loss = loss
    self.tasks = tasks
    self.exact = exact
  }
}
