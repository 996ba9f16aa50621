/// In training, zeroes each element with probability `rate` and scales the others by
/// `1 / (1 - rate)`; otherwise the identity.
public final class Dropout: Layer {
  public let name: String
  public let inputShape: Shape
  public var outputShape: Shape { inputShape }
  public let rate: Float

  private let index: UInt64
  private var isKept: [Bool] = []

  /// `index` tells the random numbers of this layer from those of others.
  public init(name: String, shape: Shape, rate: Float, index: UInt64) {
    precondition(rate >= 0 && rate < 1)
    self.name = name
    inputShape = shape
    self.rate = rate
    self.index = index
  }

  public func prepare(capacity: Int, workers: Workers) {
    isKept = [Bool](repeating: true, count: capacity * inputShape.count)
  }

  public func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass) {
    let count = inputShape.count
    if !pass.isTraining {
      output.update(from: input, count: pass.batch * count)
      return
    }
    let scale = 1 / (1 - rate)
    // An element is dropped if 32 random bits, read as an integer, are below this.
    let limit = UInt64(Double(rate) * 0x1p32)
    isKept.withUnsafeMutableBufferPointer { kept in
      let kept = kept.baseAddress!
      pass.workers.forEach(pass.batch) { image, _ in
        var random = Random(.dropout, pass.seed, pass.step, index, UInt64(image))
        var bits: UInt64 = 0
        for i in image * count..<(image + 1) * count {
          bits = i & 1 == 0 || i == image * count ? random.next() : bits >> 32
          kept[i] = bits & 0xFFFF_FFFF >= limit
          output[i] = kept[i] ? input[i] * scale : 0
        }
      }
    }
  }

  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {
    guard let inputGradient else { return }
    let scale = 1 / (1 - rate)
    isKept.withUnsafeBufferPointer { kept in
      let kept = kept.baseAddress!
      pass.workers.forEachRange(of: pass.batch * inputShape.count, size: 1 << 15) { range, _ in
        for i in range { inputGradient[i] = kept[i] ? outputGradient[i] * scale : 0 }
      }
    }
  }
}
