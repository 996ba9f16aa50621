import BackendKit

/// What computes a row of results of a depthwise convolution, for some vectors of channels.
struct DepthwiseLine {
  private let window: Window
  private let channels: DepthwiseChannels
  private let weights: UnsafePointer<Float>
  private let finish: ChannelFinish
  /// The result of the last operator that is done.
  let output: TensorView
  private let vectors: Range<Int>
  private let width: DepthwiseWidth
  /// Room for the sums of a row, and for where the inputs lie of each tap.
  private let sums: UnsafeMutablePointer<Float>
  private let taps: UnsafeMutablePointer<UnsafePointer<Float>>

  /// Pixels of a row, or of a tile if that is wider.
  private static func pixels(_ window: Window) -> Int {
    max(window.horizontal.count, DepthwiseWidth(window).rawValue)
  }

  private static func sumBytes(_ window: Window) -> Int { pixels(window) * laneCount * 4 }

  static func localBytes(_ window: Window) -> Int {
    sumBytes(window) + window.vertical.kernel * window.horizontal.kernel
      * MemoryLayout<UnsafePointer<Float>>.stride
  }

  /// - Parameters:
  ///   - weights: what the convolution packed for `op`.
  ///   - local: memory of `localBytes`.
  init(
    _ convolution: DepthwiseConvolution, _ weights: UnsafePointer<Float>, _ op: OperatorView,
    _ vectors: Range<Int>, local: UnsafeMutableRawPointer
  ) {
    window = convolution.window
    channels = convolution.channels
    width = DepthwiseWidth(window)
    self.weights = weights
    let epilogue = Epilogue(op, .simd)
    finish = ChannelFinish(
      epilogue, channels: window.channels, packed: weights + convolution.weightCount)
    output = epilogue.output
    self.vectors = vectors
    sums = local.assumingMemoryBound(to: Float.self)
    taps = (local + Self.sumBytes(window)).assumingMemoryBound(to: UnsafePointer<Float>.self)
  }

  /// Row `h` of the results.
  func run(_ h: Int, _ ring: DepthwiseRing, _ result: UnsafeMutablePointer<Float>) {
    let inside = place(h, ring)
    let pixels = Self.pixels(window)
    // Sums of more pixels or channels than there are do not lie where results do.
    let isWhole = pixels == window.horizontal.count && channels.lanes == laneCount
    let isDone = isWhole && !finish.isBent
    for (index, vector) in vectors.enumerated() {
      let channel = channels.first(vector)
      let y = result + channel
      let (place, step) = isWhole ? (y, window.channels) : (sums, laneCount)
      let operands = DepthwiseOperands(
        taps: taps, count: inside.count * window.horizontal.kernel, first: index * ring.vectorStep,
        step: window.horizontal.stride * laneCount,
        weights: weights + inside.lowerBound * window.horizontal.kernel * channels.padded + channel,
        weightStep: channels.padded, bounds: finish.bounds(channel, isDone: isDone),
        result: place, resultStep: step)
      switch (width, window.horizontal.stride) {
      case (.seven, 1): DepthwiseTile<7, 1>.run(operands, pixels: pixels)
      case (.seven, 2): DepthwiseTile<7, 2>.run(operands, pixels: pixels)
      case (.seven, _): DepthwiseTile<7, 0>.run(operands, pixels: pixels)
      case (.eight, 1): DepthwiseTile<8, 1>.run(operands, pixels: pixels)
      case (.eight, _): DepthwiseTile<8, 2>.run(operands, pixels: pixels)
      case (.fourteen, 1): DepthwiseTile<14, 1>.run(operands, pixels: pixels)
      case (.fourteen, _): DepthwiseTile<14, 2>.run(operands, pixels: pixels)
      }
      if !isDone {
        finish.apply(
          place, sumStep: step, count: window.horizontal.count, channel, to: y,
          step: window.channels, channels.lanes)
      }
    }
  }

  /// Notes where the inputs of the taps lie that fall on the image, and returns the kernel's rows
  /// that do.
  private func place(_ h: Int, _ ring: DepthwiseRing) -> Range<Int> {
    let top = window.vertical.start(h)
    let inside = window.vertical.inside(from: top)
    var tap = taps
    for i in inside {
      for j in 0..<window.horizontal.kernel {
        tap.pointee = ring.inputs(row: top + i * window.vertical.dilation, j)
        tap += 1
      }
    }
    return inside
  }
}
