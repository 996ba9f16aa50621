/// Two sums per channel over a batch: short ones in single precision, added up in double, first
/// within an image and then over the images in order.
final class ChannelSums {
  private let channels: Int
  /// `(capacity, 2, channels)`.
  private var images: [Double]

  /// Pixels whose sum is kept in single precision.
  private static let run = 32

  init(channels: Int, capacity: Int) {
    self.channels = channels
    images = [Double](repeating: 0, count: capacity * 2 * channels)
  }

  /// Two sums per channel.
  struct Totals {
    var first: [Double], second: [Double]

    init(channels: Int) {
      first = [Double](repeating: 0, count: channels)
      second = first
    }
  }

  typealias Doubles = UnsafeMutablePointer<Double>

  /// `add(image, first, second)` adds one image's sums to the two rows, which are zero before.
  func total(
    _ pass: Pass, add: (_ image: Int, _ first: Doubles, _ second: Doubles) -> Void
  ) -> Totals {
    let channels = channels
    return images.withUnsafeMutableBufferPointer { images in
      let base = images.baseAddress!
      pass.workers.forEach(pass.batch) { image, _ in
        let row = base + image * 2 * channels
        row.update(repeating: 0, count: 2 * channels)
        add(image, row, row + channels)
      }
      var totals = Totals(channels: channels)
      for image in 0..<pass.batch {
        let row = base + image * 2 * channels
        for channel in 0..<channels {
          totals.first[channel] += row[channel]
          totals.second[channel] += row[channels + channel]
        }
      }
      return totals
    }
  }

  /// Sums of `x` and of `x * x` over an image `(pixels, channels)`.
  static func addSquares(
    _ x: Floats, pixels: Int, channels: Int, _ first: Doubles, _ second: Doubles
  ) {
    addProducts(x, x, pixels: pixels, channels: channels, first, second)
  }

  /// Sums of `x` and of `x * y` over images `(pixels, channels)`.
  static func addProducts(
    _ x: Floats, _ y: Floats, pixels: Int, channels: Int, _ first: Doubles, _ second: Doubles
  ) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * channels) { short in
      let (sums, products) = (short.baseAddress!, short.baseAddress! + channels)
      for start in stride(from: 0, to: pixels, by: run) {
        sums.update(repeating: 0, count: 2 * channels)
        for pixel in start..<min(pixels, start + run) {
          let (a, b) = (x + pixel * channels, y + pixel * channels)
          for channel in 0..<channels {
            sums[channel] += a[channel]
            products[channel] += a[channel] * b[channel]
          }
        }
        for channel in 0..<channels {
          first[channel] += Double(sums[channel])
          second[channel] += Double(products[channel])
        }
      }
    }
  }
}
