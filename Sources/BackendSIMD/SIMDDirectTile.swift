import BackendKit
import CMTL

/// One row of results of a convolution that is computed straight from the image.
struct DirectLine {
  private let window: Window
  private let image: UnsafePointer<Float>
  private let top: Int
  /// The kernel's rows that fall on the image.
  private let rows: Range<Int>
  /// Output channels.
  private let outputs: Int
  private let finish: ChannelFinish
  private let steps: DirectSteps
  /// Room for the sums of a tile and for a border: inputs with the padding around them.
  private let sums: UnsafeMutablePointer<Float>, border: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - row: position of the row on `image`.
  ///   - local: `localCount` floats.
  init(
    _ convolution: Convolution, _ image: UnsafePointer<Float>, row: Int, finish: ChannelFinish,
    _ steps: DirectSteps, local: UnsafeMutablePointer<Float>
  ) {
    window = convolution.window
    self.image = image
    top = window.vertical.start(row)
    rows = window.vertical.inside(from: top)
    outputs = convolution.outputs
    self.finish = finish
    self.steps = steps
    sums = local
    border = local + Widest.sumCount
  }

  private typealias Widest = DirectTile<7, 2>

  /// Floats of local memory that the largest tile takes.
  static func localCount(_ window: Window) -> Int {
    let (stride, kernel) = (window.horizontal.stride, window.horizontal.kernel)
    let columns = (Widest.width - 1) * stride + kernel
    return Widest.sumCount + window.vertical.kernel * columns * window.channels
  }

  /// The output channels of one panel, from `channel` on, of which the first goes to `result`.
  @inline(never)
  func run(
    _ panel: UnsafePointer<Float>, _ channel: Int, to result: UnsafeMutablePointer<Float>
  ) {
    if outputs - channel <= laneCount {
      run(DirectTile<6, 1>.self, panel, channel, to: result)
    } else if hasManyRegisters {
      // As many sums as leave registers for the operands; many images are multiples of 14 wide.
      run(DirectTile<7, 2>.self, panel, channel, to: result)
    } else {
      run(DirectTile<3, 2>.self, panel, channel, to: result)
    }
  }

  /// The same, tile by tile. The last tile begins where it still fits and computes some pixels a
  /// second time.
  @inline(__always)
  private func run<let half: Int, let vectors: Int>(
    _: DirectTile<half, vectors>.Type, _ panel: UnsafePointer<Float>, _ channel: Int,
    to result: UnsafeMutablePointer<Float>
  ) {
    let pixels = 2 * half
    let (count, some) = (window.horizontal.count, min(pixels, window.horizontal.count))
    let isWhole = some == pixels && channel + vectors * laneCount <= outputs && !finish.isBent
    var next = 0
    while next < count {
      let pixel = min(next, count - some)
      let tile = DirectTile<half, vectors>(inputs(of: pixel, pixels), window: window)
      let y = result + pixel * steps.pixel
      let place = isWhole ? y : sums
      let placeSteps = isWhole ? steps : DirectSteps(pixel: laneCount, vector: pixels * laneCount)
      tile.run(panel, finish, channel, isDone: isWhole, to: place, placeSteps)
      if !isWhole {
        for v in 0..<vectors {
          finish.apply(
            sums + v * pixels * laneCount, count: some, channel + v * laneCount,
            to: y + v * steps.vector, step: steps.pixel,
            min(laneCount, outputs - channel - v * laneCount))
        }
      }
      next += pixels
    }
  }

  /// The inputs of the `pixels` results from `pixel` on: in the image, or where they reach beyond
  /// its edges, copied with zeros around.
  @inline(__always)
  private func inputs(of pixel: Int, _ pixels: Int) -> DirectInputs {
    let left = window.horizontal.start(pixel)
    let columns = (pixels - 1) * window.horizontal.stride + window.horizontal.kernel
    if rows.count == window.vertical.kernel, left >= 0, left + columns <= window.horizontal.size {
      let first = image + top * window.rowElements + left * window.channels
      return DirectInputs(first: first, rowStep: window.vertical.dilation * window.rowElements)
    }
    return copy(left, columns)
  }

  @inline(never)
  private func copy(_ left: Int, _ columns: Int) -> DirectInputs {
    let (size, channels) = (window.horizontal.size, window.channels)
    let first = max(0, -left)
    let count = min(columns, size - left) - first
    let line = columns * channels
    memset(border, 0, 4 * window.vertical.kernel * line)
    for i in rows where count > 0 {
      let y = top + i * window.vertical.dilation
      let source = image + y * window.rowElements + (left + first) * channels
      memcpy(border + i * line + first * channels, source, 4 * count * channels)
    }
    return DirectInputs(first: UnsafePointer(border), rowStep: line)
  }
}

/// How far it is between results: from one pixel to the next, and to the next vector of channels.
struct DirectSteps {
  let pixel: Int, vector: Int
}

/// Where a tile's inputs lie: the first, and how far it is from one row of the kernel to the next.
struct DirectInputs {
  let first: UnsafePointer<Float>
  let rowStep: Int
}

/// Twice `half` neighbouring pixels by some vectors of output channels, kept in registers: in two
/// parts, as the compiler gives up keeping an array of more than 18 vectors there.
struct DirectTile<let half: Int, let vectors: Int> {
  static var width: Int { 2 * half }
  static var sumCount: Int { width * vectors * laneCount }

  private typealias Pixel = InlineArray<vectors, Lanes>
  private typealias Sums = (left: InlineArray<half, Pixel>, right: InlineArray<half, Pixel>)

  private let inputs: DirectInputs
  /// Inputs from one pixel to the next, rows of the kernel, inputs that one of them covers.
  private let pixelStep: Int, rows: Int, length: Int

  @inline(__always)
  init(_ inputs: DirectInputs, window: Window) {
    self.inputs = inputs
    pixelStep = window.horizontal.stride * window.channels
    rows = window.vertical.kernel
    length = window.horizontal.kernel * window.channels
  }

  /// Writes whole vectors: finished results, or unless `isDone` sums.
  @inline(__always)
  func run(
    _ panel: UnsafePointer<Float>, _ finish: ChannelFinish, _ channel: Int, isDone: Bool,
    to result: UnsafeMutablePointer<Float>, _ steps: DirectSteps
  ) {
    let sums = sums(panel, finish, channel)
    for v in 0..<vectors {
      let bounds = finish.bounds(channel + v * laneCount, isDone: isDone)
      let left = result + v * steps.vector
      let right = left + half * steps.pixel
      for p in 0..<half { store(bounds(sums.left[p][v]), left + p * steps.pixel) }
      for p in 0..<half { store(bounds(sums.right[p][v]), right + p * steps.pixel) }
    }
  }

  @inline(__always)
  private func sums(
    _ panel: UnsafePointer<Float>, _ finish: ChannelFinish, _ channel: Int
  ) -> Sums {
    let starts = Pixel { finish.start(channel + $0 * laneCount) }
    var (left, right) = (
      InlineArray<half, Pixel>(repeating: starts), InlineArray<half, Pixel>(repeating: starts))
    var weights = panel
    for i in 0..<rows {
      let line = inputs.first + i * inputs.rowStep
      let farLine = line + half * pixelStep
      for k in 0..<length {
        let w = Pixel { load(weights + $0 * laneCount) }
        for p in 0..<half {
          let input = Lanes(repeating: line[p * pixelStep + k])
          for v in 0..<vectors { left[p][v] = multiplyAdd(input, w[v], left[p][v]) }
        }
        for p in 0..<half {
          let input = Lanes(repeating: farLine[p * pixelStep + k])
          for v in 0..<vectors { right[p][v] = multiplyAdd(input, w[v], right[p][v]) }
        }
        weights += vectors * laneCount
      }
    }
    return (left, right)
  }
}
