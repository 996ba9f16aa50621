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
      let isInside = top >= 0 && left >= 0 && top + Transform.inputs <= window.vertical.size
        && left + Transform.inputs <= window.horizontal.size
      let image = input + place.image * window.imageElements
      let first = target + (tile - tiles.lowerBound) * layout.depth
      forLongLanes(window.channels) { channel, some in
        var (corner, row, pixel) = (
          image + top * window.rowElements + left * window.channels + channel,
          window.rowElements, window.channels
        )
        if !isInside || some < laneCount {
          corner = fill(image + channel, top, left, some)
          (row, pixel) = (Transform.inputs * laneCount, laneCount)
        }
        transform(corner, row: row, pixel: pixel, to: first + channel)
      }
    }
  }

  /// Copies the tile at (top, left) with zeros for what lies outside of the image.
  @inline(never)
  private func fill(
    _ image: UnsafePointer<Float>, _ top: Int, _ left: Int, _ some: Int
  ) -> UnsafePointer<Float> {
    let (n, window) = (Transform.inputs, layout.convolution.window)
    let patch = work + Transform.frequencies * laneCount
    let rows = Transform.inside(from: top, of: window.vertical.size)
    let columns = Transform.inside(from: left, of: window.horizontal.size)
    for pixel in 0..<n * n { store(.zero, patch + pixel * laneCount) }
    for i in rows {
      let source = image + (top + i) * window.rowElements + left * window.channels
      let target = patch + i * n * laneCount
      for j in columns {
        store(loadSome(source + j * window.channels, some), target + j * laneCount)
      }
    }
    return UnsafePointer(patch)
  }

  /// One tile of one vector of channels: first along its rows, then along its columns.
  @inline(__always)
  private func transform(
    _ corner: UnsafePointer<Float>, row: Int, pixel: Int, to target: UnsafeMutablePointer<Float>
  ) {
    let n = Transform.inputs
    for i in 0..<n {
      var d = WinogradLine(repeating: .zero)
      for j in 0..<n { d[j] = load(corner + i * row + j * pixel) }
      let v = Transform.input(d)
      for j in 0..<n { store(v[j], work + (i * n + j) * laneCount) }
    }
    for j in 0..<n {
      var d = WinogradLine(repeating: .zero)
      for i in 0..<n { d[i] = load(work + (i * n + j) * laneCount) }
      let v = Transform.input(d)
      for i in 0..<n { store(v[i], target + (i * n + j) * step) }
    }
  }
}
