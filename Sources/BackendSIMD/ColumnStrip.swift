import BackendKit

/// The inputs of a strip of four rows of results, transformed down the columns: as (frequency,
/// pixel, channel), with the padding around the image.
struct ColumnStrip {
  private typealias Transform = ColumnConvolution.Transform

  private let window: Window
  /// Pixels of the padding on the left, and those of the image that are read.
  private let left: Int, pixels: Int
  /// Floats from one frequency to the next.
  let step: Int

  init(_ window: Window) {
    self.window = window
    let horizontal = window.horizontal
    let results = roundedUp(horizontal.count, to: ColumnTile.pixels)
    let columns = results - 1 + horizontal.kernel
    left = min(horizontal.padding, columns)
    pixels = min(horizontal.size, columns - left)
    // An odd number of cache lines, with room for a whole vector at the end of a row.
    step = roundedUp(columns * window.channels, to: 32) + 16
  }

  /// Floats of all frequencies.
  var count: Int { Transform.inputs * step }

  /// - Parameter top: the first row of results.
  @inline(never)
  func fill(_ image: UnsafePointer<Float>, top: Int, to target: UnsafeMutablePointer<Float>) {
    target.update(repeating: 0, count: count)
    let start = window.vertical.start(top)
    let first = image + start * window.rowElements
    let rows = Transform.inside(from: start, of: window.vertical.size)
    let place = target + left * window.channels
    forLongLanes(pixels * window.channels) { next, some in
      var d = WinogradLine(repeating: .zero)
      for i in 0..<Transform.inputs where rows.contains(i) {
        d[i] = loadSome(first + i * window.rowElements + next, some)
      }
      let v = Transform.input(d)
      for i in 0..<Transform.inputs { store(v[i], place + i * step + next) }
    }
  }
}
