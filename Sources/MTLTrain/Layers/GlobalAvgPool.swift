/// The mean over all pixels: `(batch, height, width, channels)` to `(batch, channels)`.
public final class GlobalAvgPool: Layer {
  public let name: String
  public let inputShape: Shape
  public let outputShape: Shape

  public init(name: String, inputShape: Shape) {
    self.name = name
    self.inputShape = inputShape
    outputShape = Shape(features: inputShape.channels)
  }

  public func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass) {
    let channels = inputShape.channels
    let share = 1 / Float(inputShape.pixels)
    pass.workers.forEach(pass.batch) { image, _ in
      let target = output + image * channels
      target.update(repeating: 0, count: channels)
      for pixel in 0..<inputShape.pixels {
        let row = input + image * inputShape.count + pixel * channels
        for channel in 0..<channels { target[channel] += row[channel] }
      }
      for channel in 0..<channels { target[channel] *= share }
    }
  }

  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {
    guard let inputGradient else { return }
    let channels = inputShape.channels
    let share = 1 / Float(inputShape.pixels)
    pass.workers.forEach(pass.batch) { image, _ in
      let source = outputGradient + image * channels
      for pixel in 0..<inputShape.pixels {
        let row = inputGradient + image * inputShape.count + pixel * channels
        for channel in 0..<channels { row[channel] = source[channel] * share }
      }
    }
  }
}
