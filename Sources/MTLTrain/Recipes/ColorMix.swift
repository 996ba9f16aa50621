import CMTL

/// A random gray image that keeps shapes: all channels become the same random mix of the three, and
/// then brighter or darker along a random curve.
public struct ColorMix {
  /// Of red, green and blue, in units of 1 / 256; their sum is 256.
  private let weights: (Int32, Int32, Int32)
  private let curve: [UInt8]

  public init(_ random: inout Random) {
    let parts = (0..<3).map { _ in -log(1 - random.unit()) }
    let sum = max(parts[0] + parts[1] + parts[2], 1e-9)
    let first = Int32(256 * parts[0] / sum)
    let second = Int32(256 * parts[1] / sum)
    weights = (first, second, 256 - first - second)
    let gamma = exp(random.uniform(-0.7, 0.7))
    curve = (0..<256).map { UInt8(255 * pow(Double($0) / 255, gamma) + 0.5) }
  }

  /// `count` RGB pixels.
  public func apply(
    _ image: UnsafePointer<UInt8>, count: Int, to target: UnsafeMutablePointer<UInt8>
  ) {
    curve.withUnsafeBufferPointer { curve in
      for pixel in 0..<count {
        let source = image + pixel * 3
        let (r, g, b) = (Int32(source[0]), Int32(source[1]), Int32(source[2]))
        let mixed = (weights.0 * r + weights.1 * g + weights.2 * b) >> 8
        for channel in 0..<3 { target[pixel * 3 + channel] = curve[Int(mixed)] }
      }
    }
  }
}
