/// `(batch, height, width, channels)` seen as `(batch, features)`: the same memory.
public final class Flatten: Layer {
  public let name: String
  public let inputShape: Shape
  public let outputShape: Shape
  public var isInPlace: Bool { true }

  public init(name: String, inputShape: Shape) {
    self.name = name
    self.inputShape = inputShape
    outputShape = Shape(features: inputShape.count)
  }

  public func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass) {}

  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {}
}
