import CMTL
import MTLFormat

/// Makes the rows of an image that is resized with a filter, as Pillow does on 8-bit pixels: first
/// along x, rounded to 8 bits, then along y.
struct FilterResampler {
  private let source: PixelSource
  private let x: FilterAxis
  private let y: FilterAxis
  private let width: Int
  private let memory: Bytes
  /// One source row.
  private let line: UnsafeMutablePointer<SIMD4<Int32>>
  /// Source rows, resized along x; row `i` lies at `i % y.reach`.
  private let ring: UnsafeMutablePointer<SIMD4<Int32>>
  /// Which rows the ring holds.
  private let held: UnsafeMutablePointer<Int>

  /// Throws `MTLRT_E_MEMORY`.
  init(
    _ source: PixelSource, x: ResizeSpan, y: ResizeSpan, method: Preprocessing.Resize
  ) throws(Status) {
    self.source = source
    self.x = try FilterAxis(source: source.width, target: x, method: method)
    self.y = try FilterAxis(source: source.height, target: y, method: method)
    width = x.count
    let reach = self.y.reach
    let pixels = source.width + reach * width
    memory = try Bytes.allocate(
      pixels * MemoryLayout<SIMD4<Int32>>.stride + reach * MemoryLayout<Int>.stride)
    let base = UnsafeMutableRawPointer(mutating: memory.view.baseAddress!)
    line = base.assumingMemoryBound(to: SIMD4<Int32>.self)
    ring = line + source.width
    held = (base + pixels * MemoryLayout<SIMD4<Int32>>.stride).assumingMemoryBound(to: Int.self)
    for slot in 0..<reach { held[slot] = -1 }
  }

  /// Writes row `index` of the target. Rows may be asked for in any order; ascending is fastest.
  func write(row index: Int, to target: UnsafeMutablePointer<UInt8>) {
    let rows = y.sources(index)
    for row in rows { hold(row) }
    let weights = y.weights(index)
    for i in 0..<width {
      var sum = SIMD4<Int32>(repeating: 0)
      for row in rows {
        sum &+= ring[row % y.reach * width + i] &* weights[row - rows.lowerBound]
      }
      let pixel = rounded(sum)
      let first = target + i * source.channels
      for channel in 0..<source.channels {
        first[channel] = UInt8(truncatingIfNeeded: pixel[channel])
      }
    }
  }

  private func hold(_ row: Int) {
    let slot = row % y.reach
    guard held[slot] != row else { return }
    held[slot] = row
    let pixels = source.row(row)
    for i in 0..<source.width { line[i] = source.load(pixels, i) }
    for i in 0..<width {
      let columns = x.sources(i)
      let weights = x.weights(i)
      var sum = SIMD4<Int32>(repeating: 0)
      for column in columns {
        sum &+= line[column] &* weights[column - columns.lowerBound]
      }
      ring[slot * width + i] = rounded(sum)
    }
  }

  @inline(__always)
  private func rounded(_ sum: SIMD4<Int32>) -> SIMD4<Int32> {
    let whole = (sum &+ (1 << (FilterAxis.weightBits - 1))) &>> FilterAxis.weightBits
    return whole.clamped(
      lowerBound: SIMD4(repeating: 0), upperBound: SIMD4(repeating: 255))
  }
}
