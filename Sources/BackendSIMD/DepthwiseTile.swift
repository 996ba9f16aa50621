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
  /// Room for the sums of a tile, and for where the inputs lie of each tap.
  private let sums: UnsafeMutablePointer<Float>
  private let taps: UnsafeMutablePointer<UnsafePointer<Float>>

  private static var sumBytes: Int { DepthwiseTile.width * laneCount * 4 }

  static func localBytes(_ window: Window) -> Int {
    sumBytes + window.vertical.kernel * window.horizontal.kernel
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
    self.weights = weights
    let epilogue = Epilogue(op, .simd)
    finish = ChannelFinish(
      epilogue, channels: window.channels, packed: weights + convolution.weightCount)
    output = epilogue.output
    self.vectors = vectors
    sums = local.assumingMemoryBound(to: Float.self)
    taps = (local + Self.sumBytes).assumingMemoryBound(to: UnsafePointer<Float>.self)
  }

  /// Row `h` of the results. The last tile begins where it still fits and computes some pixels a
  /// second time.
  @inline(never)
  func run(_ h: Int, _ ring: DepthwiseRing, _ result: UnsafeMutablePointer<Float>) {
    let inside = place(h, ring)
    let (count, columns) = (window.horizontal.count, window.horizontal.kernel)
    let pixels = DepthwiseTile.width
    let some = min(pixels, count)
    let isWhole = some == pixels && channels.lanes == laneCount && !finish.isBent
    for (index, vector) in vectors.enumerated() {
      let channel = channels.first(vector)
      let tile = DepthwiseTile(
        taps: taps, count: inside.count * columns,
        weights: weights + inside.lowerBound * columns * channels.padded + channel,
        weightStep: channels.padded, start: finish.start(channel))
      let constants = finish.constants(channel)
      var next = 0
      while next < count {
        let pixel = min(next, count - some)
        let first = index * ring.vectorStep + pixel * laneCount
        let y = result + pixel * window.channels + channel
        if isWhole {
          tile.run(first, constants, finish, to: y, step: window.channels)
        } else {
          tile.run(first, to: sums)
          finish.apply(sums, count: some, channel, to: y, step: window.channels, channels.lanes)
        }
        next += pixels
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

/// Some neighbouring pixels of one vector of channels, kept in registers.
struct DepthwiseTile {
  /// Pixels.
  static var width: Int { 8 }

  /// For each tap, where its inputs lie.
  let taps: UnsafeMutablePointer<UnsafePointer<Float>>
  let count: Int
  let weights: UnsafePointer<Float>
  let weightStep: Int
  let start: Lanes

  /// Writes finished results, `step` apart; `first` is added to the taps' addresses.
  @inline(__always)
  func run(
    _ first: Int, _ constants: ChannelFinish.Constants, _ finish: ChannelFinish,
    to result: UnsafeMutablePointer<Float>, step: Int
  ) {
    let sums = sums(first)
    for p in 0..<Self.width { store(finish.bounded(sums[p], constants), result + p * step) }
  }

  /// Writes the sums.
  @inline(__always)
  func run(_ first: Int, to result: UnsafeMutablePointer<Float>) {
    let sums = sums(first)
    for p in 0..<Self.width { store(sums[p], result + p * laneCount) }
  }

  @inline(__always)
  private func sums(_ first: Int) -> InlineArray<8, Lanes> {
    var sums = InlineArray<8, Lanes>(repeating: start)
    var next = weights
    for tap in 0..<count {
      let x = taps[tap] + first
      let w = load(next)
      for p in 0..<Self.width { sums[p] = multiplyAdd(load(x + p * laneCount), w, sums[p]) }
      next += weightStep
    }
    return sums
  }
}
