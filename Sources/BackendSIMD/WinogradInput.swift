import BackendKit

/// Transforms tiles of the input: V = B^T d B for each tile and channel.
struct WinogradInput<Transform: WinogradTransform> {
  let layout: WinogradLayout
  let input: UnsafePointer<Float>
  /// Floats from one frequency of the result to the next.
  let step: Int
  /// Memory of `layout.workCount` floats.
  let work: UnsafeMutablePointer<Float>

  /// Tiles `tiles`, the first of which goes to `target`.
  func run(_ tiles: Range<Int>, to target: UnsafeMutablePointer<Float>) {
    let window = layout.convolution.window
    for tile in tiles {
      let place = layout.place(of: tile)
      let (top, left) = (
        place.top - window.vertical.padding, place.left - window.horizontal.padding
      )
      let patch = WinogradPatch(
        corner: input + place.image * window.imageElements + top * window.rowElements
          + left * window.channels,
        rows: Transform.inside(from: top, of: window.vertical.size),
        columns: Transform.inside(from: left, of: window.horizontal.size))
      let first = target + (tile - tiles.lowerBound) * layout.depth
      forLongLanes(window.channels) { channel, some in
        transform(patch, channel, some)
        finish(to: first + channel)
      }
    }
  }

  /// One vector of a tile's channels along its rows; those beyond the image are zeros.
  @inline(__always)
  private func transform(_ patch: WinogradPatch, _ channel: Int, _ some: Int) {
    let (n, window) = (Transform.inputs, layout.convolution.window)
    let isWhole = patch.columns.count == n && some == laneCount
    for i in 0..<n {
      let target = work + i * n * laneCount
      guard patch.rows.contains(i) else {
        for j in 0..<n { store(.zero, target + j * laneCount) }
        continue
      }
      var (line, pixel) = (patch.corner + i * window.rowElements + channel, window.channels)
      if !isWhole {
        line = copy(line, patch.columns, some)
        pixel = laneCount
      }
      var d = WinogradLine(repeating: .zero)
      for j in 0..<n { d[j] = load(line + j * pixel) }
      let v = Transform.input(d)
      for j in 0..<n { store(v[j], target + j * laneCount) }
    }
  }

  /// A line of a tile with zeros for what lies outside of the image.
  @inline(never)
  private func copy(
    _ line: UnsafePointer<Float>, _ columns: Range<Int>, _ some: Int
  ) -> UnsafePointer<Float> {
    let copy = work + Transform.frequencies * laneCount
    for j in 0..<Transform.inputs {
      let pixel = line + j * layout.convolution.window.channels
      store(columns.contains(j) ? loadSome(pixel, some) : .zero, copy + j * laneCount)
    }
    return UnsafePointer(copy)
  }

  /// The same vector along the columns.
  @inline(__always)
  private func finish(to target: UnsafeMutablePointer<Float>) {
    let n = Transform.inputs
    for j in 0..<n {
      var d = WinogradLine(repeating: .zero)
      for i in 0..<n { d[i] = load(work + (i * n + j) * laneCount) }
      let v = Transform.input(d)
      for i in 0..<n { store(v[i], target + (i * n + j) * step) }
    }
  }
}

/// A tile's inputs: where its first one is, or would be, and which rows and columns are on the
/// image.
private struct WinogradPatch {
  let corner: UnsafePointer<Float>
  let rows: Range<Int>, columns: Range<Int>
}
