public typealias Floats = UnsafePointer<Float>
public typealias MutableFloats = UnsafeMutablePointer<Float>

/// What every layer must know about the pass it takes part in.
public struct Pass {
  public let batch: Int
  /// Batch statistics and dropout, and a backward pass to follow.
  public let isTraining: Bool
  /// Names the random numbers of this step: the same seed and step give the same dropout.
  public let seed: UInt64
  public let step: UInt64
  public let workers: Workers
  /// Whose step this is: a layer may take what its parameters are due from it, and update them as
  /// their gradients are made. nil: all gradients are stored.
  public let optimiser: Adam?

  public init(
    batch: Int, isTraining: Bool, seed: UInt64 = 0, step: UInt64 = 0, workers: Workers,
    optimiser: Adam? = nil
  ) {
    self.batch = batch
    self.isTraining = isTraining
    self.seed = seed
    self.step = step
    self.workers = workers
    self.optimiser = optimiser
  }

  /// The same batch without batch statistics and dropout.
  var predicting: Pass { Pass(batch: batch, isTraining: false, workers: workers) }
}

/// A step of a network over `(batch, ...shape)` floats, images NHWC.
///
/// A layer keeps what its backward pass needs of the forward pass before it, for at most the
/// capacity that it was last prepared for.
public protocol Layer: AnyObject {
  var name: String { get }
  var inputShape: Shape { get }
  var outputShape: Shape { get }
  /// In the order in which a checkpoint keeps them.
  var parameters: [Parameter] { get }
  /// Whether input and output are the same memory, for the values and for the gradients.
  var isInPlace: Bool { get }

  /// Allocates scratch memory for batches of up to `capacity` on `workers`.
  func prepare(capacity: Int, workers: Workers) throws
  func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass)
  /// `input` and `output` are as the forward pass left them. Overwrites the gradients of the
  /// parameters, but for those that it takes from the pass's optimiser, and `inputGradient` unless
  /// it is nil.
  func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass)
}

extension Layer {
  public var parameters: [Parameter] { [] }
  public var isInPlace: Bool { false }
  public func prepare(capacity: Int, workers: Workers) throws {}
}
