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
  @inline(never)
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
  @inline(never)
  func run(_ h: Int, _ ring: DepthwiseRing, _ result: UnsafeMutablePointer<Float>) {
    let inside = place(h, ring)
    let (count, columns) = (window.horizontal.count, window.horizontal.kernel)
    let pixels = Self.pixels(window)
    // Sums of more pixels or channels than there are do not lie where results do.
    let isWhole = pixels == count && channels.lanes == laneCount
    let isDone = isWhole && !finish.isBent
    let operands = DepthwiseOperands(
      taps: taps, count: inside.count * columns, vectorStep: ring.vectorStep,
      step: window.horizontal.stride * laneCount, channels: channels,
      weights: weights + inside.lowerBound * columns * channels.padded, finish: finish,
      isDone: isDone)
    if isDone {
      run(operands, vectors, to: result + channels.first(vectors.lowerBound), window.channels)
      return
    }
    for vector in vectors {
      let channel = channels.first(vector)
      let y = result + channel
      let (place, step) = isWhole ? (y, window.channels) : (sums, laneCount)
      run(operands, vector..<vector + 1, to: place, step)
      finish.apply(
        place, sumStep: step, count: count, channel, to: y, step: window.channels, channels.lanes)
    }
  }

  @inline(__always)
  private func run(
    _ operands: DepthwiseOperands, _ some: Range<Int>, to result: UnsafeMutablePointer<Float>,
    _ step: Int
  ) {
    let (first, pixels) = (vectors.lowerBound, Self.pixels(window))
    func run<let width: Int, let stride: Int>(_: DepthwiseTile<width, stride>.Type) {
      DepthwiseTile<width, stride>.run(
        operands, some, first: first, pixels: pixels, to: result, step)
    }
    let stride = window.horizontal.stride
    if width == .fourteen && hasManyRegisters {
      if stride == 1 { run(DepthwiseTile<14, 1>.self) } else { run(DepthwiseTile<14, 2>.self) }
    } else if width == .seven && stride == 1 {
      run(DepthwiseTile<7, 1>.self)
    } else if width == .eight {
      run(DepthwiseTile<8, 1>.self)
    } else {
      run(DepthwiseTile<7, 0>.self)
    }
  }

  /// Notes where the inputs of the taps lie that fall on the image, and returns the kernel's rows
  /// that do.
  private func place(_ h: Int, _ ring: DepthwiseRing) -> Range<Int> {
    let top = window.vertical.start(h)
    let inside = window.vertical.inside(from: top)
    var tap = taps
    for i in inside {
      var inputs = ring.inputs(row: top + i * window.vertical.dilation)
      for _ in 0..<window.horizontal.kernel {
        tap.pointee = inputs
        tap += 1
        inputs += window.horizontal.dilation * laneCount
      }
    }
    return inside
  }
}
