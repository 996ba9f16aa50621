import CMTL
import MTLFormat

/// The greatest of each `size` x `size` window, windows side by side; pixels beyond the last whole
/// window are left out. Of equal pixels the first one gets the gradient.
public final class MaxPool: Layer {
  public let name: String
  public let inputShape: Shape
  public let outputShape: Shape
  public let size: Int

  /// For each output element, which pixel of its window it came from.
  private var places: [UInt8] = []

  /// `size` is at most 16, so that a place fits a byte.
  public init(name: String, inputShape: Shape, size: Int) {
    precondition((1...16).contains(size))
    self.name = name
    self.inputShape = inputShape
    self.size = size
    outputShape = Shape(
      height: inputShape.height / size, width: inputShape.width / size,
      channels: inputShape.channels)
  }

  public func prepare(capacity: Int, workers: Workers) {
    places = [UInt8](repeating: 0, count: capacity * outputShape.count)
  }

  public func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass) {
    places.withUnsafeMutableBufferPointer { places in
      let places = places.baseAddress!
      pass.workers.forEach(pass.batch) { image, _ in
        let start = image * outputShape.count
        forward(input + image * inputShape.count, output + start, places + start)
      }
    }
  }

  private func forward(
    _ image: Floats, _ output: MutableFloats, _ places: UnsafeMutablePointer<UInt8>
  ) {
    let channels = inputShape.channels
    for y in 0..<outputShape.height {
      for x in 0..<outputShape.width {
        let target = output + (y * outputShape.width + x) * channels
        let place = places + (y * outputShape.width + x) * channels
        let first = image + (y * inputShape.width + x) * size * channels
        target.update(from: first, count: channels)
        place.update(repeating: 0, count: channels)
        for other in 1..<max(size * size, 2) where other < size * size {
          let source = first + ((other / size) * inputShape.width + other % size) * channels
          for channel in 0..<channels {
            let isGreater = source[channel] > target[channel]
            target[channel] = isGreater ? source[channel] : target[channel]
            place[channel] = isGreater ? UInt8(truncatingIfNeeded: other) : place[channel]
          }
        }
      }
    }
  }

  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {
    guard let inputGradient else { return }
    places.withUnsafeBufferPointer { places in
      let places = places.baseAddress!
      pass.workers.forEach(pass.batch) { image, _ in
        let start = image * outputShape.count
        backward(
          inputGradient + image * inputShape.count, outputGradient + start, places + start)
      }
    }
  }

  private func backward(
    _ image: MutableFloats, _ gradient: MutableFloats, _ places: UnsafePointer<UInt8>
  ) {
    let channels = inputShape.channels
    image.update(repeating: 0, count: inputShape.count)
    for y in 0..<outputShape.height {
      for x in 0..<outputShape.width {
        let output = (y * outputShape.width + x) * channels
        let first = (y * inputShape.width + x) * size * channels
        for channel in 0..<channels {
          let place = Int(places[output + channel])
          let pixel = (place / size) * inputShape.width + place % size
          image[first + pixel * channels + channel] = gradient[output + channel]
        }
      }
    }
  }
}
