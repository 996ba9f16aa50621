/// `max(x, 0)`, in place.
public final class ReLU: Layer {
  public let name: String
  public let inputShape: Shape
  public var outputShape: Shape { inputShape }
  public var isInPlace: Bool { true }

  private static let part = 1 << 16

  public init(name: String, shape: Shape) {
    self.name = name
    inputShape = shape
  }

  public func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass) {
    pass.workers.forEachRange(of: pass.batch * inputShape.count, size: Self.part) { range, _ in
      for i in range { output[i] = input[i] > 0 ? input[i] : 0 }
    }
  }

  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {
    guard let inputGradient else { return }
    pass.workers.forEachRange(of: pass.batch * inputShape.count, size: Self.part) { range, _ in
      for i in range {
        let gradient = outputGradient[i]
        inputGradient[i] = output[i] > 0 ? gradient : 0
      }
    }
  }
}
