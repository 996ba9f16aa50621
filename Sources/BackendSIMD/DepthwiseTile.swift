import BackendKit

/// Neighbouring pixels whose sums are kept in registers at once.
enum DepthwiseWidth: Int {
  /// Sizes of images are often multiples of 7; the widest needs many registers.
  case seven = 7, eight = 8, fourteen = 14

  /// The one that computes the fewest pixels of a row, and of those the widest.
  init(_ window: Window) {
    let (count, stride) = (window.horizontal.count, window.horizontal.stride)
    self = stride == 1 ? .eight : .seven
    if stride > 2 { return }
    let others: [Self] = hasManyRegisters ? [.fourteen, .seven] : [.seven]
    var least = roundedUp(count, to: rawValue)
    for width in others where width.rawValue <= max(count, 7) {
      let pixels = roundedUp(count, to: width.rawValue)
      if pixels < least || pixels == least && width == .fourteen { (self, least) = (width, pixels) }
    }
  }
}

/// What rows of results are made of.
struct DepthwiseOperands {
  /// For each tap, where its inputs lie of the first vector, and how far it is to the next one's.
  let taps: UnsafeMutablePointer<UnsafePointer<Float>>
  let count: Int
  let vectorStep: Int
  /// Floats from the inputs of one pixel to those of the next.
  let step: Int
  let channels: DepthwiseChannels
  /// As (tap, channel).
  let weights: UnsafePointer<Float>
  let finish: ChannelFinish
  /// Whether sums become results; else they stay as they are.
  let isDone: Bool
}

/// Some neighbouring pixels, whose sums stay in registers while the taps pass by.
/// Strides other than 0 are known to the compiler.
enum DepthwiseTile<let width: Int, let stride: Int> {
  /// Computes `pixels` pixels, at least `width`, of the vectors `vectors` of a ring that begins
  /// with vector `first`. The last tile begins where it still fits and computes some of them a
  /// second time.
  ///
  /// - Parameter result: for the first of these vectors, its first pixel; others are `resultStep`
  ///   apart.
  @inline(never)
  static func run(
    _ operands: DepthwiseOperands, _ vectors: Range<Int>, first: Int, pixels: Int,
    to result: UnsafeMutablePointer<Float>, _ resultStep: Int
  ) {
    let (finish, channels) = (operands.finish, operands.channels)
    let step = stride == 0 ? operands.step : stride * laneCount
    let firstChannel = channels.first(vectors.lowerBound)
    for vector in vectors {
      let channel = channels.first(vector)
      let start = finish.start(channel)
      var next = 0
      while next < pixels {
        let pixel = min(next, pixels - width)
        let offset = (vector - first) * operands.vectorStep + pixel * step
        var sums = InlineArray<width, Lanes>(repeating: start)
        var weights = operands.weights + channel
        for tap in 0..<operands.count {
          let x = operands.taps[tap] + offset
          let w = load(weights)
          for p in 0..<width { sums[p] = multiplyAdd(load(x + p * step), w, sums[p]) }
          weights += channels.padded
        }
        if operands.isDone {
          for p in 0..<width { sums[p] = finish.bounded(sums[p]) }
          if finish.isScaled {
            let constants = finish.constants(channel)
            for p in 0..<width { sums[p] = finish.scaled(sums[p], constants) }
          }
        }
        let place = result + (pixel * resultStep + channel - firstChannel)
        for p in 0..<width { store(sums[p], place + p * resultStep) }
        next += width
      }
    }
  }
}
