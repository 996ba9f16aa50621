/// In training, zeroes each element with probability `rate` and scales the others by
/// `1 / (1 - rate)`; otherwise the identity.
public final class Dropout: Layer {
  public let name: String
  public let inputShape: Shape
  public var outputShape: Shape { inputShape }
  public let rate: Float

  private let index: UInt64
  /// 0 for an element that is dropped.
  private var kept: [UInt8] = []

  /// `index` tells the random numbers of this layer from those of others.
  public init(name: String, shape: Shape, rate: Float, index: UInt64) {
    precondition(rate >= 0 && rate < 1)
    self.name = name
    inputShape = shape
    self.rate = rate
    self.index = index
  }

  public func prepare(capacity: Int, workers: Workers) {
    kept = [UInt8](repeating: 1, count: capacity * inputShape.count)
  }

  public func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass) {
    let count = inputShape.count
    if !pass.isTraining {
      output.update(from: input, count: pass.batch * count)
      return
    }
    let scale = 1 / (1 - rate)
    // An element is dropped if 32 random bits, read as an integer, are below this.
    let limit = UInt32(Double(rate) * 0x1p32)
    kept.withUnsafeMutableBufferPointer { kept in
      let kept = kept.baseAddress!
      pass.workers.forEach(pass.batch) { image, _ in
        var random = Random(.dropout, pass.seed, pass.step, index, UInt64(image))
        let first = image * count
        for i in stride(from: first, to: first + count - 1, by: 2) {
          let bits = random.next()
          kept[i] = UInt32(truncatingIfNeeded: bits) >= limit ? 1 : 0
          kept[i + 1] = UInt32(truncatingIfNeeded: bits >> 32) >= limit ? 1 : 0
        }
        if count % 2 != 0 {
          kept[first + count - 1] = UInt32(truncatingIfNeeded: random.next()) >= limit ? 1 : 0
        }
        pass.workers.kernels.mask(input + first, kept + first, scale, output + first, count)
      }
    }
  }

  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {
    guard let inputGradient else { return }
    let scale = 1 / (1 - rate)
    kept.withUnsafeBufferPointer { kept in
      let kept = kept.baseAddress!
      pass.workers.forEachRange(of: pass.batch * inputShape.count, size: 1 << 15) { range, _ in
        let first = range.lowerBound
        pass.workers.kernels.mask(
          outputGradient + first, kept + first, scale, inputGradient + first, range.count)
      }
    }
  }
}
