import BackendKit
import CBackendSIMD

/// Some neighbouring pixels of a strip by a panel of outputs: the products of all frequencies stay
/// in registers until they are results.
struct ColumnTile {
  private typealias Transform = ColumnConvolution.Transform
  private typealias Pixel = InlineArray<2, Lanes>
  /// Those of a pixel. Each pixel's are an array of their own, as the compiler gives up keeping one
  /// of more than 18 vectors in registers.
  private typealias Products = InlineArray<6, Pixel>

  let weights: UnsafePointer<Float>
  /// Inputs that a row of the kernel covers.
  let taps: Int
  /// From one frequency of the inputs to the next, and from one pixel to the next.
  let inputStep: Int, pixelStep: Int
  let finish: ChannelFinish
  /// The panel's first output, and how many there are in all.
  let channel: Int, outputs: Int
  /// From one row of results to the next, and how many rows the image has left.
  let rowStep: Int, rows: Int
  /// Room for the sums of a tile: `sumCount` floats.
  let sums: UnsafeMutablePointer<Float>

  /// Pixels at once: as many as leave registers for the operands.
  static var pixels: Int { hasManyRegisters ? 2 : 1 }
  static var sumCount: Int { pixels * Transform.outputs * Gemm.columns }

  /// `count` pixels of all rows of the strip, of which the first goes to `result`. The last tile
  /// begins where it still fits and computes some pixels a second time.
  @inline(never)
  func run(_ inputs: UnsafePointer<Float>, count: Int, to result: UnsafeMutablePointer<Float>) {
    let some = min(Self.pixels, count)
    let isWhole = some == Self.pixels && rows == Transform.outputs
      && channel + Gemm.columns <= outputs && !finish.isBent
    let last = channel + laneCount < outputs ? channel + laneCount : channel
    let ends = ColumnEnds(
      start: finish.start(channel), lastStart: finish.start(last),
      bounds: finish.bounds(channel, isDone: isWhole),
      lastBounds: finish.bounds(last, isDone: isWhole))
    for next in stride(from: 0, to: count, by: Self.pixels) {
      let pixel = min(next, count - some)
      let (left, right) = products(inputs + pixel * pixelStep)
      let target = result + pixel * outputs
      let place = isWhole ? target : sums
      let step = isWhole ? rowStep : Gemm.columns
      put(left, ends, to: place, step: step)
      if Self.pixels > 1 {
        let far = isWhole ? outputs : Transform.outputs * Gemm.columns
        put(right, ends, to: place + far, step: step)
      }
      if !isWhole { finishSums(pixels: some, to: target) }
    }
  }

  @inline(__always)
  private func products(_ inputs: UnsafePointer<Float>) -> (Products, Products) {
    var left = Products(repeating: Pixel(repeating: .zero))
    var right = left
    var next = weights
    for k in 0..<taps {
      for frequency in 0..<Transform.inputs {
        let w = Pixel { load(next + $0 * laneCount) }
        let place = inputs + frequency * inputStep + k
        let x = Lanes(repeating: place[0])
        for v in 0..<2 { left[frequency][v] = multiplyAdd(x, w[v], left[frequency][v]) }
        if Self.pixels > 1 {
          let x = Lanes(repeating: place[pixelStep])
          for v in 0..<2 { right[frequency][v] = multiplyAdd(x, w[v], right[frequency][v]) }
        }
        next += Gemm.columns
      }
    }
    return (left, right)
  }

  /// The results of one pixel, `step` from row to row.
  @inline(__always)
  private func put(
    _ products: Products, _ ends: ColumnEnds, to place: UnsafeMutablePointer<Float>, step: Int
  ) {
    let first = results { products[$0][0] }
    let last = results { products[$0][1] }
    for row in 0..<Transform.outputs {
      store(ends.bounds(first[row] + ends.start), place + row * step)
      store(ends.lastBounds(last[row] + ends.lastStart), place + row * step + laneCount)
    }
  }

  @inline(__always)
  private func results(_ product: (Int) -> Lanes) -> WinogradLine {
    var p = WinogradLine(repeating: .zero)
    for frequency in 0..<Transform.inputs { p[frequency] = product(frequency) }
    return Transform.output(p)
  }

  /// Writes those of the tile's results that there are, by way of `sums`.
  @inline(never)
  private func finishSums(pixels: Int, to target: UnsafeMutablePointer<Float>) {
    for pixel in 0..<pixels {
      for first in stride(from: 0, to: min(Gemm.columns, outputs - channel), by: laneCount) {
        finish.apply(
          sums + pixel * Transform.outputs * Gemm.columns + first, sumStep: Gemm.columns,
          count: rows, channel + first, to: target + pixel * outputs + first, step: rowStep,
          min(laneCount, outputs - channel - first))
      }
    }
  }
}

/// What becomes of the sums of a panel's two vectors.
private struct ColumnEnds {
  let start: Lanes, lastStart: Lanes
  let bounds: ChannelFinish.Bounds, lastBounds: ChannelFinish.Bounds
}
