import CMTL

/// The gradient by a convolution's results, for a vector of filters.
struct ConvSlope {
  private let gradient: UnsafePointer<Float>
  private let values: UnsafePointer<Float>?
  private let norm: NormSlope
  private let some: Int

  /// `some` may be 0.
  @inline(__always)
  init(_ call: mtl_conv_gradient, filter: Int, _ some: Int) {
    (gradient, values) = (call.gradient, call.values)
    self.some = some
    guard call.values != nil, some > 0 else {
      norm = NormSlope(a: .zero, b: .zero, c: .zero)
      return
    }
    norm = NormSlope(
      a: loadSome(call.a + filter, some), b: loadSome(call.b + filter, some),
      c: loadSome(call.c + filter, some))
  }

  /// `place` is the first filter's in all gradients.
  @inline(__always)
  func callAsFunction(_ place: Int) -> Lanes {
    if some <= 0 { return .zero }
    let slope = loadSome(gradient + place, some)
    guard let values else { return slope }
    return norm(slope, loadSome(values + place, some))
  }
}
