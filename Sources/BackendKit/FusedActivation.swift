import CMTL

/// An activation that an epilogue does, and the operator that it is.
struct FusedActivation: Sendable {
  private let code: Int
  /// Without one the result is clamped.
  let curve: Epilogue.Curve
  /// The smallest result, without a curve, and whether the operator's attributes are the bounds.
  let least: Float
  let hasBounds: Bool

  private init(
    _ code: Int, _ curve: Epilogue.Curve = .none, least: Float = -.infinity, hasBounds: Bool = false
  ) {
    self.code = code
    self.curve = curve
    self.least = least
    self.hasBounds = hasBounds
  }

  private static let table = [
    FusedActivation(Int(MTLRT_OP_RELU), least: 0),
    FusedActivation(Int(MTLRT_OP_CLIP), hasBounds: true),
    FusedActivation(Int(MTLRT_OP_SIGMOID), .sigmoid),
    FusedActivation(Int(MTLRT_OP_SILU), .silu),
    FusedActivation(Int(MTLRT_OP_HARD_SWISH), .hardSwish),
    FusedActivation(Int(MTLRT_OP_GELU), .gelu),
  ]

  /// nil: the operator is none of them. GELU by its approximation is another curve.
  static func of(_ op: OperatorView) -> FusedActivation? {
    for row in table where row.code == op.code {
      let isOther = row.curve == .gelu && op.attribute(Int(MTLRT_GELU_APPROXIMATE)) != 0
      return isOther ? nil : row
    }
    return nil
  }
}
