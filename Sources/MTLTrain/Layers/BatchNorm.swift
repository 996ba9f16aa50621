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
      let totals = sums.total(pass) { image, first, second in
        ChannelSums.addSquares(
          input + image * inputShape.count, pixels: inputShape.pixels, channels: channels, first,
          second)
      }
      measured(totals, count: pass.batch * inputShape.pixels)
    }
    transform(input, output, affine(isTraining: pass.isTraining), pass)
  }

  /// Takes the batch's mean and variance, and moves the running ones, from the sums over `count`
  /// elements per channel and over their squares.
  func measured(_ totals: ChannelSums.Totals, count: Int) {
    let count = Double(count)
    for channel in 0..<channels {
      let average = totals.first[channel] / count
      let variance = max(0, totals.second[channel] / count - average * average)
      mean[channel] = Float(average)
      inverseDeviation[channel] = Float(1 / (variance + Double(Self.epsilon)).squareRoot())
      let running = (runningMean.value.base + channel, runningVariance.value.base + channel)
      running.0.pointee = running.0.pointee * momentum + Float(average) * (1 - momentum)
      running.1.pointee = running.1.pointee * momentum + Float(variance) * (1 - momentum)
    }
  }

  /// `y = scale * x + shift`, by the batch's statistics, which were measured, or the running ones.
  func affine(isTraining: Bool) -> ConvProducts.Affine {
    if !isTraining {
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
    return ConvProducts.Affine(scale: scale, shift: shift)
  }

  func transform(
    _ input: Floats, _ output: MutableFloats, _ affine: ConvProducts.Affine, _ pass: Pass
  ) {
    let channels = channels
    Optional(affine).withPointers { scale, shift in
      let (scale, shift) = (scale!, shift!)
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

  /// The gradient by the input as a * gradient by the output + b * input + c, by channel.
  struct GradientFactors {
    var a: [Float], b: [Float], c: [Float]

    func withPointers(_ body: (_ a: Floats, _ b: Floats, _ c: Floats) -> Void) {
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          c.withUnsafeBufferPointer { c in
            body(a.baseAddress!, b.baseAddress!, c.baseAddress!)
          }
        }
      }
    }
  }

  /// Sets the parameters' gradients from the sums over the output's gradient and over its products
  /// with the input. With x' = (x - mean) / deviation and n elements per channel:
  /// `dx = gamma / deviation * (dy - sum(dy) / n - x' * sum(dy * x') / n)`.
  func gradientFactors(_ totals: ChannelSums.Totals, count: Int) -> GradientFactors {
    let count = Double(count)
    var factors = GradientFactors(a: mean, b: mean, c: mean)
    for channel in 0..<channels {
      let inverse = Double(inverseDeviation[channel])
      let average = Double(mean[channel])
      let sum = totals.first[channel]
      let slope = (totals.second[channel] - average * sum) * inverse
      gamma.gradient.base[channel] = Float(slope)
      beta.gradient.base[channel] = Float(sum)
      let scale = Double(gamma.value.base[channel]) * inverse
      factors.a[channel] = Float(scale)
      factors.b[channel] = Float(-scale * slope * inverse / count)
      factors.c[channel] = Float(-scale * (sum - average * slope * inverse) / count)
    }
    return factors
  }

  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {
    let channels = channels
    let totals = sums.total(pass) { image, first, second in
      ChannelSums.addProducts(
        outputGradient + image * inputShape.count, input + image * inputShape.count,
        pixels: inputShape.pixels, channels: channels, first, second)
    }
    let factors = gradientFactors(totals, count: pass.batch * inputShape.pixels)
    guard let inputGradient else { return }
    factors.withPointers { a, b, c in
      pass.workers.forEach(pass.batch) { image, _ in
        for pixel in image * inputShape.pixels..<(image + 1) * inputShape.pixels {
          let offset = pixel * channels
          let (source, slope) = (input + offset, outputGradient + offset)
          let target = inputGradient + offset
          for i in 0..<channels { target[i] = a[i] * slope[i] + b[i] * source[i] + c[i] }
        }
      }
    }
  }
}
