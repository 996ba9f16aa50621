import CMTL

/// What follows a convolution or dense layer and can be done while its results are at hand: an
/// activation, a scale and shift per channel, then, for a caller that asks for them, the addition
/// of another value with its activation, or a max-pool. Each may be missing.
public struct Epilogue {
  /// Operators of the chain taken, with all before the first one.
  public private(set) var take: Int
  public let bias: UnsafePointer<Float>?
  /// An activation that is no bound.
  public private(set) var curve = Curve.none
  /// Bounds of a ReLU or clip.
  public private(set) var least = -Float.infinity, most = Float.infinity
  public private(set) var scale: UnsafePointer<Float>?
  public private(set) var shift: UnsafePointer<Float>?
  /// A value of the result's shape that is added after scale and shift.
  public private(set) var residual: TensorView?
  /// Whether a ReLU follows that addition.
  public private(set) var rectifiesSum = false
  /// Pixels on a side of the max-pool's square windows, which tile the result; 1 without a pool.
  public private(set) var pool = 1
  /// The result of the last operator taken.
  public private(set) var output: TensorView

  /// Activations that are curves: x to the sigmoid of x, or to x times a share of it.
  public enum Curve: Sendable {
    case none, sigmoid, silu, hardSwish, gelu
  }

  /// What a caller can do besides ReLU, clip, scale and shift.
  public struct Abilities {
    let sigmoid: Bool
    let gates: Bool
    let adds: Bool
    let poolTile: Int

    /// - Parameters:
    ///   - gates: SiLU, hard swish and GELU without an approximation.
    ///   - poolTile: results are at hand in squares of that many pixels, so that max-pools can be
    ///     done whose windows, of 2x2 or 3x3, tile such a square; 1 for none.
    public init(
      sigmoid: Bool = false, gates: Bool = false, adds: Bool = false, poolTile: Int = 1
    ) {
      self.sigmoid = sigmoid
      self.gates = gates
      self.adds = adds
      self.poolTile = poolTile
    }

    func includes(_ curve: Curve) -> Bool {
      switch curve {
      case .none: true
      case .sigmoid: sigmoid
      case .silu, .hardSwish, .gelu: gates
      }
    }
  }

  /// Of the convolution or dense layer `first` of a chain. It goes as far as each result is read by
  /// the next operator alone.
  public init(
    _ first: OperatorView, _ abilities: Abilities = Abilities(sigmoid: true)
  ) {
    let chain = first.chain
    take = first.pointer - chain.pointee.op + 1
    bias = first.optionalInput(2)?.floats
    output = first.output
    if let next = reader(chain), activates(next, abilities) { accept(next) }
    if let next = reader(chain), next.code == MTLRT_OP_SCALE_SHIFT {
      (scale, shift) = (next.input(1).floats, next.input(2).floats)
      accept(next)
    }
    if abilities.adds, let (next, other) = addition(chain) {
      residual = other
      accept(next)
      if let next = reader(chain), next.code == MTLRT_OP_RELU {
        rectifiesSum = true
        accept(next)
      }
    }
    if residual == nil, curve == .none, let next = reader(chain),
      let side = Self.poolSide(next, within: abilities.poolTile)
    {
      pool = side
      accept(next)
    }
  }

  private mutating func accept(_ next: OperatorView) {
    output = next.output
    take += 1
  }

  /// Whether it is an activation that the caller can do.
  private mutating func activates(_ next: OperatorView, _ abilities: Abilities) -> Bool {
    guard let activation = FusedActivation.of(next), abilities.includes(activation.curve) else {
      return false
    }
    (curve, least) = (activation.curve, activation.least)
    if activation.hasBounds {
      least = Float(next.real(Int(MTLRT_CLIP_LEAST)))
      most = Float(next.real(Int(MTLRT_CLIP_MOST)))
    }
    return true
  }

  /// The next operator of the chain, if it alone reads the result, as its first input.
  public func reader(_ chain: UnsafePointer<mtlrt_chain>) -> OperatorView? {
    guard let next = lastReader(chain), next.input(0).index == output.index else { return nil }
    return next
  }

  private func lastReader(_ chain: UnsafePointer<mtlrt_chain>) -> OperatorView? {
    guard take < Int(chain.pointee.n_op), output.lastReader == take else { return nil }
    return OperatorView(chain, take)
  }

  /// The next operator if it adds another value of the same shape to the result.
  private func addition(
    _ chain: UnsafePointer<mtlrt_chain>
  ) -> (OperatorView, TensorView)? {
    guard let next = lastReader(chain), next.code == MTLRT_OP_ADD else { return nil }
    let isFirst = next.input(0).index == output.index
    let other = next.input(isFirst ? 1 : 0)
    guard other.index != output.index, !other.isConstant, other.hasShape(of: output) else {
      return nil
    }
    return (next, other)
  }

  /// The side of a max-pool's windows, if they tile squares of `tile` pixels without overlap.
  private static func poolSide(_ op: OperatorView, within tile: Int) -> Int? {
    guard op.code == MTLRT_OP_MAX_POOL else { return nil }
    let window = Window(op, isPool: true)
    let side = window.vertical.kernel
    for axis in [window.vertical, window.horizontal] {
      guard axis.kernel == side, axis.stride == side, axis.padding == 0,
        axis.count * side <= axis.size
      else { return nil }
    }
    return (2...3).contains(side) && tile % side == 0 ? side : nil
  }
}
