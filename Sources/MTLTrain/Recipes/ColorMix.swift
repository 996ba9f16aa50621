import CMTL

/// A random change of colors that keeps shapes: each channel becomes a random mix of all three, and
/// then brighter or darker along a random curve.
public struct ColorMix {
  /// (result, channel) in units of 1 / 256, each row with the sum 256.
  private var weights: [Int32] = []
  private var curve: [UInt8] = []

  public init(_ random: inout Random) {
    for _ in 0..<3 {
      let parts = (0..<3).map { _ in -log(1 - random.unit()) }
      let sum = max(parts[0] + parts[1] + parts[2], 1e-9)
      let first = Int32(256 * parts[0] / sum)
      let second = Int32(256 * parts[1] / sum)
      weights += [first, second, 256 - first - second]
    }
    let gamma = exp(random.uniform(-0.7, 0.7))
    curve = (0..<256).map { UInt8(255 * pow(Double($0) / 255, gamma) + 0.5) }
  }

  /// `count` RGB pixels.
  public func apply(
    _ image: UnsafePointer<UInt8>, count: Int, to target: UnsafeMutablePointer<UInt8>
  ) {
    weights.withUnsafeBufferPointer { w in
      curve.withUnsafeBufferPointer { curve in
        for pixel in 0..<count {
          let source = image + pixel * 3
          let (r, g, b) = (Int32(source[0]), Int32(source[1]), Int32(source[2]))
          for channel in 0..<3 {
            let mixed = (w[channel * 3] * r + w[channel * 3 + 1] * g + w[channel * 3 + 2] * b) >> 8
            target[pixel * 3 + channel] = curve[Int(mixed)]
          }
        }
      }
    }
  }
}
