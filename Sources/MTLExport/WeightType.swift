import MTLFormat

/// How an exported file stores weights; biases and channel parameters stay f32.
///
/// 16 bits are for what is read once for each image: the weights of large dense layers. Backends
/// bring those of convolutions into a form of their own when a model is opened, so that fewer bits
/// would cost precision and save nothing but a little room. int8 is for the smallest file, and
/// takes them all.
public enum WeightType: String, CaseIterable, Sendable {
  case f32, f16, i16, int8

  public var elementType: ElementType {
    switch self {
    case .f32: .f32
    case .f16: .f16
    case .i16: .i16
    case .int8: .i8
    }
  }

  /// The type for the weights of a convolution, or of a dense layer with `count` of them.
  public func elementType(isDense: Bool, count: Int) -> ElementType {
    let isLarge = isDense && count >= 1 << 16
    return self == .int8 || isLarge ? elementType : .f32
  }

  /// Largest difference in a probability that an export may show against the training graph: for
  /// f32 the rounding of sums in another order, for the others what rounding the weights costs a
  /// network that was not trained for it.
  public var allowedDifference: Float {
    switch self {
    case .f32: 1e-5
    case .i16: 2e-3
    case .f16: 1e-2
    case .int8: 0.2
    }
  }
}
