import CMTL

/// What follows a convolution or dense layer and can be done while its results are at hand:
/// an activation, then a scale and shift per channel; each may be missing.
public struct Epilogue {
  public enum Activation { case none, relu, sigmoid }

  /// Operators taken, the first included.
  public let take: Int
  public let bias: UnsafePointer<Float>?
  public let activation: Activation
  public let scale: UnsafePointer<Float>?, shift: UnsafePointer<Float>?
  /// The result of the last operator taken.
  public let output: TensorView

  /// Of the chain that starts with a convolution or dense layer. It goes as far as each result is
  /// read by the next operator alone.
  public init(_ chain: UnsafePointer<mtlrt_chain>) {
    let first = OperatorView(chain)
    var (take, activation) = (1, Activation.none)
    var (scale, shift): (UnsafePointer<Float>?, UnsafePointer<Float>?) = (nil, nil)
    var output = first.output
    if let next = Self.reader(of: output, chain, take), let known = Self.activation(next.code) {
      (activation, output, take) = (known, next.output, take + 1)
    }
    if let next = Self.reader(of: output, chain, take), next.code == MTLRT_OP_SCALE_SHIFT {
      (scale, shift) = (next.input(1).floats, next.input(2).floats)
      (output, take) = (next.output, take + 1)
    }
    self.take = take
    self.activation = activation
    self.scale = scale
    self.shift = shift
    self.output = output
    bias = first.optionalInput(2)?.floats
  }

  private static func activation(_ code: Int) -> Activation? {
    if code == MTLRT_OP_RELU { return .relu }
    return code == MTLRT_OP_SIGMOID ? .sigmoid : nil
  }

  /// Operator `index` of the chain, if it alone reads `tensor`, as its first input.
  private static func reader(
    of tensor: TensorView, _ chain: UnsafePointer<mtlrt_chain>, _ index: Int
  ) -> OperatorView? {
    guard index < Int(chain.pointee.n_op), tensor.lastReader == index else { return nil }
    let next = OperatorView(chain, index)
    return next.input(0).index == tensor.index ? next : nil
  }
}
