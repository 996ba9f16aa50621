import MTLFormat

/// Batch normalisation over the batch and all pixels, per channel (Ioffe and Szegedy, 2015):
/// `y = gamma * (x - mean) / sqrt(variance + epsilon) + beta`.
///
/// In training, mean and (biased) variance are the batch's own, and the running ones move towards
/// them: `running = momentum * running + (1 - momentum) * batch`. Otherwise the running ones serve.
public final class BatchNorm: Layer {
  public let name: String
  public let inputShape: Shape
  public var outputShape: Shape { inputShape }
  public let gamma: Parameter
  public let beta: Parameter
  public let runningMean: Parameter
  public let runningVariance: Parameter
  public var parameters: [Parameter] { [gamma, beta, runningMean, runningVariance] }

  public static let epsilon: Float = 1e-3
  public let momentum: Float

  private var mean: [Float]
  private var inverseDeviation: [Float]
  private var sums = ChannelSums(channels: 0, capacity: 0)

  public init(name: String, shape: Shape, momentum: Float = 0.99) throws(Status) {
    self.name = name
    self.momentum = momentum
    inputShape = shape
    let size = [shape.channels]
    gamma = try Parameter(name: name + ".gamma", dimensions: size, initial: 1)
    beta = try Parameter(name: name + ".beta", dimensions: size)
    runningMean = try Parameter(name: name + ".mean", dimensions: size, isTrained: false)
    runningVariance = try Parameter(
      name: name + ".variance", dimensions: size, isTrained: false, initial: 1)
    mean = [Float](repeating: 0, count: shape.channels)
    inverseDeviation = mean
  }

  private var channels: Int { inputShape.channels }

  public func prepare(capacity: Int, workers: Workers) {
    sums = ChannelSums(channels: channels, capacity: capacity)
  }

  public func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass) {
    if pass.isTraining {
      measure(input, pass)
    } else {
      for channel in 0..<channels {
        mean[channel] = runningMean.value.base[channel]
        inverseDeviation[channel] =
          1 / (runningVariance.value.base[channel] + Self.epsilon).squareRoot()
      }
    }
    var scale = inverseDeviation
    var shift = mean
    for channel in 0..<channels {
      scale[channel] *= gamma.value.base[channel]
      shift[channel] = beta.value.base[channel] - mean[channel] * scale[channel]
    }
    transform(input, output, scale, shift, pass)
  }

  /// The batch's mean and variance, and the running ones with them.
  private func measure(_ input: Floats, _ pass: Pass) {
    let (sum, squares) = sums.total(pass) { image, first, second in
      ChannelSums.addSquares(
        input + image * inputShape.count, pixels: inputShape.pixels, channels: channels, first,
        second)
    }
    let count = Double(pass.batch * inputShape.pixels)
    for channel in 0..<channels {
      let average = sum[channel] / count
      let variance = max(0, squares[channel] / count - average * average)
      mean[channel] = Float(average)
      inverseDeviation[channel] = Float(1 / (variance + Double(Self.epsilon)).squareRoot())
      let running = (runningMean.value.base + channel, runningVariance.value.base + channel)
      running.0.pointee = running.0.pointee * momentum + Float(average) * (1 - momentum)
      running.1.pointee = running.1.pointee * momentum + Float(variance) * (1 - momentum)
    }
  }

  private func transform(
    _ input: Floats, _ output: MutableFloats, _ scale: [Float], _ shift: [Float], _ pass: Pass
  ) {
    let channels = channels
    scale.withUnsafeBufferPointer { scale in
      shift.withUnsafeBufferPointer { shift in
        let (scale, shift) = (scale.baseAddress!, shift.baseAddress!)
        pass.workers.forEach(pass.batch) { image, _ in
          for pixel in image * inputShape.pixels..<(image + 1) * inputShape.pixels {
            let (source, target) = (input + pixel * channels, output + pixel * channels)
            for channel in 0..<channels {
              target[channel] = source[channel] * scale[channel] + shift[channel]
            }
          }
        }
      }
    }
  }

  /// With x' = (x - mean) / deviation and n elements per channel:
  /// `dx = gamma / deviation * (dy - sum(dy) / n - x' * sum(dy * x') / n)`.
  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {
    let (sum, products) = sums.total(pass) { image, first, second in
      ChannelSums.addProducts(
        outputGradient + image * inputShape.count, input + image * inputShape.count,
        pixels: inputShape.pixels, channels: channels, first, second)
    }
    let count = Double(pass.batch * inputShape.pixels)
    // inputGradient = a * outputGradient + b * input + c
    var (a, b, c) = (mean, mean, mean)
    for channel in 0..<channels {
      let inverse = Double(inverseDeviation[channel])
      let average = Double(mean[channel])
      let slope = (products[channel] - average * sum[channel]) * inverse
      gamma.gradient.base[channel] = Float(slope)
      beta.gradient.base[channel] = Float(sum[channel])
      let scale = Double(gamma.value.base[channel]) * inverse
      a[channel] = Float(scale)
      b[channel] = Float(-scale * slope * inverse / count)
      c[channel] = Float(-scale * (sum[channel] - average * slope * inverse) / count)
    }
    guard let inputGradient else { return }
    combine(Floats(outputGradient), input, (a, b, c), into: inputGradient, pass)
  }

  private func combine(
    _ gradient: Floats, _ input: Floats, _ factors: ([Float], [Float], [Float]),
    into result: MutableFloats, _ pass: Pass
  ) {
    let channels = channels
    let table = factors.0 + factors.1 + factors.2
    table.withUnsafeBufferPointer { table in
      let (a, b) = (table.baseAddress!, table.baseAddress! + channels)
      let c = b + channels
      pass.workers.forEach(pass.batch) { image, _ in
        for pixel in image * inputShape.pixels..<(image + 1) * inputShape.pixels {
          let offset = pixel * channels
          let (source, slope, target) = (input + offset, gradient + offset, result + offset)
          for i in 0..<channels { target[i] = a[i] * slope[i] + b[i] * source[i] + c[i] }
        }
      }
    }
  }
}
