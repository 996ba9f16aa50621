import CMTL
import MTLFormat

/// Makes the rows of a resized image one at a time, in memory for a few target rows.
///
/// Bilinear is OpenCV's INTER_LINEAR for 8-bit pixels to the bit: first along x with weights of 11
/// bits, then along y on sums shortened by 4 bits. There is no antialiasing: a target pixel reads
/// four source pixels, however much smaller the target is. Methods with antialiasing are
/// `FilterResampler`'s.
struct RowResampler {
  private let source: PixelSource
  private let x: ResizeAxis
  private let y: ResizeAxis
  private let method: Preprocessing.Resize
  private let filter: FilterResampler?
  private let memory: Bytes
  /// Two source rows, resized along x only.
  private let wide: (UnsafeMutablePointer<SIMD4<Int32>>, UnsafeMutablePointer<SIMD4<Int32>>)
  /// Which source rows they are.
  private var held = (-1, -1)

  /// `x` and `y` say which pixels of the resized image are wanted, at least one. Throws
  /// `MTLRT_E_MEMORY`.
  init(
    _ source: PixelSource, x: ResizeSpan, y: ResizeSpan, method: Preprocessing.Resize
  ) throws(Status) {
    self.source = source
    self.method = method
    self.x = ResizeAxis(source: source.width, target: x)
    self.y = ResizeAxis(source: source.height, target: y)
    let isFiltered = method == .antialiased || method == .bicubic
    filter = isFiltered ? try FilterResampler(source, x: x, y: y, method: method) : nil
    let count = method == .bilinear ? x.count : 0
    memory = try Bytes.allocate(2 * count * MemoryLayout<SIMD4<Int32>>.stride)
    let start = UnsafeMutableRawPointer(mutating: memory.view.baseAddress!)
      .assumingMemoryBound(to: SIMD4<Int32>.self)
    wide = (start, start + count)
  }

  /// Writes row `index` of the target, as many bytes as it has pixels and channels. Rows may be
  /// asked for in any order; ascending is fastest.
  mutating func write(row index: Int, to target: UnsafeMutablePointer<UInt8>) {
    switch method {
    case .bilinear: writeBilinear(row: index, to: target)
    case .nearest: writeNearest(row: index, to: target)
    case .antialiased, .bicubic: filter!.write(row: index, to: target)
    }
  }

  private func writeNearest(row index: Int, to target: UnsafeMutablePointer<UInt8>) {
    let row = source.row(y.nearest(index))
    for i in 0..<x.target.count {
      store(source.load(row, x.nearest(i)), at: i, in: target)
    }
  }

  private mutating func writeBilinear(row index: Int, to target: UnsafeMutablePointer<UInt8>) {
    let pair = y.linear(index)
    hold(pair.first, pair.second)
    for i in 0..<x.target.count {
      let upper = ((wide.0[i] &>> 4) &* pair.firstWeight) &>> 16
      let lower = ((wide.1[i] &>> 4) &* pair.secondWeight) &>> 16
      store((upper &+ lower &+ 2) &>> 2, at: i, in: target)
    }
  }

  @inline(__always)
  private func store(
    _ pixel: SIMD4<Int32>, at index: Int, in target: UnsafeMutablePointer<UInt8>
  ) {
    let first = target + index * source.channels
    for channel in 0..<source.channels {
      first[channel] = UInt8(truncatingIfNeeded: min(255, pixel[channel]))
    }
  }

  /// Makes `wide` hold these two source rows; what it holds already is not computed again.
  private mutating func hold(_ first: Int, _ second: Int) {
    if held.0 != first {
      if held.1 == first {
        wide.0.update(from: wide.1, count: x.target.count)
      } else {
        widen(first, to: wide.0)
      }
      held.0 = first
    }
    if held.1 != second {
      if held.0 == second {
        wide.1.update(from: wide.0, count: x.target.count)
      } else {
        widen(second, to: wide.1)
      }
      held.1 = second
    }
  }

  private func widen(_ index: Int, to target: UnsafeMutablePointer<SIMD4<Int32>>) {
    let row = source.row(index)
    for i in 0..<x.target.count {
      let pair = x.linear(i)
      let first = source.load(row, pair.first) &* pair.firstWeight
      target[i] = first &+ source.load(row, pair.second) &* pair.secondWeight
    }
  }
}
