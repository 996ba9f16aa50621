import CMTL

/// What each layer computes, written out in Double straight from its definition: the oracle for
/// the layers, for their values and by differences for their gradients. Batches of NHWC images.
enum PlainLayers {
  /// `x (batch, height, width, channels)`, `weights (filters, size, size, channels)`.
  static func conv(
    _ x: [Double], _ weights: [Double], _ bias: [Double], batch: Int, height: Int, width: Int,
    channels: Int, size: Int
  ) -> [Double] {
    var y: [Double] = []
    for n in 0..<batch {
      for row in 0..<height {
        for column in 0..<width {
          for filter in bias.indices {
            var sum = bias[filter]
            for ky in 0..<size {
              for kx in 0..<size {
                let (iy, ix) = (row + ky - size / 2, column + kx - size / 2)
                guard (0..<height).contains(iy), (0..<width).contains(ix) else { continue }
                for channel in 0..<channels {
                  sum +=
                    x[((n * height + iy) * width + ix) * channels + channel]
                    * weights[((filter * size + ky) * size + kx) * channels + channel]
                }
              }
            }
            y.append(sum)
          }
        }
      }
    }
    return y
  }

  static func grayImage(_ x: [Double], batch: Int, epsilon: Double) -> [Double] {
    let pixels = x.count / batch / 3
    return (0..<batch).flatMap { n in
      let luma = (0..<pixels).map { pixel in
        let place = (n * pixels + pixel) * 3
        return 0.299 * x[place] + 0.587 * x[place + 1] + 0.114 * x[place + 2]
      }
      let mean = luma.reduce(0, +) / Double(pixels)
      let variance = luma.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(pixels)
      return luma.map { ($0 - mean) / (variance + epsilon).squareRoot() }
    }
  }

  static func dense(_ x: [Double], _ weights: [Double], _ bias: [Double], batch: Int) -> [Double] {
    let features = x.count / batch
    var y: [Double] = []
    for n in 0..<batch {
      for unit in bias.indices {
        var sum = bias[unit]
        for i in 0..<features { sum += x[n * features + i] * weights[unit * features + i] }
        y.append(sum)
      }
    }
    return y
  }

  static func relu(_ x: [Double]) -> [Double] { x.map { max($0, 0) } }

  /// With the statistics of the batch.
  static func batchNorm(
    _ x: [Double], gamma: [Double], beta: [Double], epsilon: Double
  ) -> [Double] {
    let (mean, variance) = moments(x, channels: gamma.count)
    return x.indices.map { i in
      let c = i % gamma.count
      return gamma[c] * (x[i] - mean[c]) / (variance[c] + epsilon).squareRoot() + beta[c]
    }
  }

  /// Mean and biased variance of each channel.
  static func moments(_ x: [Double], channels: Int) -> (mean: [Double], variance: [Double]) {
    let count = Double(x.count / channels)
    var mean = [Double](repeating: 0, count: channels)
    var variance = mean
    for i in x.indices { mean[i % channels] += x[i] / count }
    for i in x.indices {
      let d = x[i] - mean[i % channels]
      variance[i % channels] += d * d / count
    }
    return (mean, variance)
  }

  static func maxPool(
    _ x: [Double], batch: Int, height: Int, width: Int, channels: Int, size: Int
  ) -> [Double] {
    var y: [Double] = []
    for n in 0..<batch {
      for row in 0..<height / size {
        for column in 0..<width / size {
          for channel in 0..<channels {
            var best = -Double.infinity
            for ky in 0..<size {
              for kx in 0..<size {
                let pixel = (n * height + row * size + ky) * width + column * size + kx
                best = max(best, x[pixel * channels + channel])
              }
            }
            y.append(best)
          }
        }
      }
    }
    return y
  }

  static func globalAvgPool(_ x: [Double], batch: Int, channels: Int) -> [Double] {
    let pixels = x.count / batch / channels
    return (0..<batch * channels).map { i in
      let (n, channel) = (i / channels, i % channels)
      var sum = 0.0
      for pixel in 0..<pixels { sum += x[(n * pixels + pixel) * channels + channel] }
      return sum / Double(pixels)
    }
  }

  /// The average over all elements, from logits.
  static func binaryCrossEntropy(_ logits: [Double], _ targets: [Double]) -> Double {
    zip(logits, targets).reduce(0) { total, pair in
      let p = 1 / (1 + exp(-pair.0))
      return total - (pair.1 * log(p) + (1 - pair.1) * log(1 - p))
    } / Double(logits.count)
  }
}
