import MTLFormat

/// What is left of an RGB image without its colors and its light: luma, with mean 0 and variance 1
/// over the image. `(batch, height, width, 3)` to `(batch, height, width, 1)`.
///
/// A garment's blue is then as far from white paper as another one's black, so that nothing which
/// is learned from the one depends on how dark it was.
public final class GrayImage: Layer {
  public let name: String
  public let inputShape: Shape
  public let outputShape: Shape
  /// Of red, green and blue (ITU-R BT.601).
  public static let weights: [Float] = [0.299, 0.587, 0.114]
  /// Added to the variance: an image of one color becomes 0.
  public static let epsilon: Float = 1e-4

  /// By image of the last forward pass, what its deviations were multiplied by.
  private var scales: [Float] = []

  public init(name: String, inputShape: Shape) {
    precondition(inputShape.channels == 3)
    self.name = name
    self.inputShape = inputShape
    outputShape = Shape(height: inputShape.height, width: inputShape.width, channels: 1)
  }

  public func prepare(capacity: Int, workers: Workers) {
    scales = [Float](repeating: 0, count: capacity)
  }

  public func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass) {
    let pixels = inputShape.pixels
    scales.withUnsafeMutableBufferPointer { scales in
      let scales = scales.baseAddress!
      pass.workers.forEach(pass.batch) { image, _ in
        scales[image] = GrayImage.convert(
          input + image * pixels * 3, pixels, into: output + image * pixels)
      }
    }
  }

  private static func convert(
    _ image: Floats, _ pixels: Int, into target: MutableFloats
  ) -> Float {
    let (red, green, blue) = (weights[0], weights[1], weights[2])
    var sum = 0.0
    for pixel in 0..<pixels {
      let source = image + pixel * 3
      target[pixel] = red * source[0] + green * source[1] + blue * source[2]
      sum += Double(target[pixel])
    }
    let mean = Float(sum / Double(pixels))
    var squares = 0.0
    for pixel in 0..<pixels {
      target[pixel] -= mean
      squares += Double(target[pixel] * target[pixel])
    }
    let scale = 1 / (Float(squares / Double(pixels)) + epsilon).squareRoot()
    for pixel in 0..<pixels { target[pixel] *= scale }
    return scale
  }

  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {
    guard let inputGradient else { return }
    let pixels = inputShape.pixels
    pass.workers.forEach(pass.batch) { image, _ in
      let values = output + image * pixels
      let gradient = outputGradient + image * pixels
      let target = inputGradient + image * pixels * 3
      var (sum, product) = (0.0, 0.0)
      for pixel in 0..<pixels {
        sum += Double(gradient[pixel])
        product += Double(gradient[pixel] * values[pixel])
      }
      let (mean, slope) = (Float(sum / Double(pixels)), Float(product / Double(pixels)))
      for pixel in 0..<pixels {
        let own = (gradient[pixel] - mean - values[pixel] * slope) * scales[image]
        for channel in 0..<3 { target[pixel * 3 + channel] = own * GrayImage.weights[channel] }
      }
    }
  }
}
