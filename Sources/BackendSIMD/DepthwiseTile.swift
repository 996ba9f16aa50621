import BackendKit

/// Neighbouring pixels whose sums are kept in registers at once.
enum DepthwiseWidth: Int {
  /// Sizes of images are often multiples of 7; the widest needs many registers.
  case seven = 7, eight = 8, fourteen = 14

  /// The one that computes the fewest pixels of a row, and of those the widest.
  init(_ window: Window) {
    guard window.horizontal.stride <= 2 else {
      self = .seven
      return
    }
    let count = window.horizontal.count
    self = .eight
    let others: [Self] = hasManyRegisters ? [.fourteen, .seven] : [.seven]
    var least = roundedUp(count, to: rawValue)
    for width in others where width.rawValue <= max(count, 7) {
      let pixels = roundedUp(count, to: width.rawValue)
      if pixels < least || pixels == least && width == .fourteen { (self, least) = (width, pixels) }
    }
  }
}

/// What a row of results of one vector of channels is made of, and where it goes.
struct DepthwiseOperands {
  /// For each tap, where its inputs lie, to which `first` is added.
  let taps: UnsafeMutablePointer<UnsafePointer<Float>>
  let count: Int
  let first: Int
  /// Floats from the inputs of one pixel to those of the next.
  let step: Int
  let weights: UnsafePointer<Float>
  let weightStep: Int
  let bounds: ChannelFinish.Bounds
  let result: UnsafeMutablePointer<Float>
  let resultStep: Int
}

/// Some neighbouring pixels, whose sums stay in registers while the taps pass by.
/// Strides other than 0 are known to the compiler.
enum DepthwiseTile<let width: Int, let stride: Int> {
  @inline(__always)
  private static func step(_ operands: DepthwiseOperands) -> Int {
    stride == 0 ? operands.step : stride * laneCount
  }

  /// Computes `pixels` pixels, at least `width`. The last tile begins where it still fits and
  /// computes some of them a second time.
  @inline(never)
  static func run(_ operands: DepthwiseOperands, pixels: Int) {
    var next = 0
    while next < pixels {
      let pixel = min(next, pixels - width)
      let sums = sums(operands, operands.first + pixel * step(operands))
      let place = operands.result + pixel * operands.resultStep
      for p in 0..<width { store(operands.bounds(sums[p]), place + p * operands.resultStep) }
      next += width
    }
  }

  @inline(__always)
  private static func sums(_ operands: DepthwiseOperands, _ first: Int) -> InlineArray<width, Lanes> {
    var sums = InlineArray<width, Lanes>(repeating: operands.bounds.start)
    var next = operands.weights
    for tap in 0..<operands.count {
      let x = operands.taps[tap] + first
      let w = load(next)
      for p in 0..<width {
        sums[p] = multiplyAdd(load(x + p * step(operands)), w, sums[p])
      }
      next += operands.weightStep
    }
    return sums
  }
}
