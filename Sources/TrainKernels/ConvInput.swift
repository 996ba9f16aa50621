import CMTL

/// Transforms tiles of an image, V = B^T d B for each tile and channel, d being what the layer
/// before makes of it: scale * x + shift within the image, zero around it.
struct ConvInput {
  private typealias Transform = ConvLayout.Transform

  let layout: ConvLayout
  let input: UnsafePointer<Float>
  let scale: UnsafePointer<Float>?
  let shift: UnsafePointer<Float>?
  let work: UnsafeMutablePointer<Float>

  /// What happens to the values of a vector of channels.
  private struct Affine {
    var scale = Lanes(repeating: 1), shift = Lanes.zero

    @inline(__always)
    func callAsFunction(_ x: Lanes) -> Lanes { multiplyAdd(x, scale, shift) }
  }

  /// The first of `tiles` goes to `target`.
  func run(_ tiles: Range<Int>, to target: UnsafeMutablePointer<Float>) {
    let shape = layout.shape
    let n = Transform.inputs
    let row = shape.width * shape.channels
    for tile in tiles {
      let place = layout.place(of: tile)
      let (top, left) = (place.top - 1, place.left - 1)
      let isInside = top >= 0 && left >= 0 && top + n <= shape.height && left + n <= shape.width
      let image = input + place.image * shape.height * row
      let first = target + (tile - tiles.lowerBound) * layout.depth
      forLanes(shape.channels) { channel, some in
        var affine = Affine()
        if let scale, let shift {
          affine = Affine(
            scale: loadSome(scale + channel, some), shift: loadSome(shift + channel, some))
        }
        if isInside && some == laneCount {
          let corner = image + top * row + left * shape.channels + channel
          transform(corner, row: row, pixel: shape.channels, affine, to: first + channel)
        } else {
          let patch = fill(image + channel, top, left, some, affine)
          transform(
            patch, row: n * laneCount, pixel: laneCount, Affine(), to: first + channel)
        }
      }
    }
  }

  /// Copies the tile at (top, left) with zeros for what lies outside of the image.
  @inline(never)
  private func fill(
    _ image: UnsafePointer<Float>, _ top: Int, _ left: Int, _ some: Int, _ affine: Affine
  ) -> UnsafePointer<Float> {
    let (n, shape) = (Transform.inputs, layout.shape)
    let patch = work + Transform.frequencies * laneCount
    let rows = Self.inside(top, shape.height)
    let columns = Self.inside(left, shape.width)
    for pixel in 0..<n * n { store(.zero, patch + pixel * laneCount) }
    for i in rows {
      let source = image + ((top + i) * shape.width + left) * shape.channels
      for j in columns {
        store(
          affine(loadSome(source + j * shape.channels, some)), patch + (i * n + j) * laneCount)
      }
    }
    return UnsafePointer(patch)
  }

  /// Rows or columns of a tile at `start` that are on an image of this size; may be empty.
  private static func inside(_ start: Int, _ size: Int) -> Range<Int> {
    let first = min(Transform.inputs, max(0, -start))
    return first..<max(first, min(Transform.inputs, size - start))
  }

  /// One tile of one vector of channels: first along its rows, then along its columns.
  @inline(__always)
  private func transform(
    _ corner: UnsafePointer<Float>, row: Int, pixel: Int, _ affine: Affine,
    to target: UnsafeMutablePointer<Float>
  ) {
    let (n, step) = (Transform.inputs, layout.inputStep)
    for i in 0..<n {
      var d = WinogradLine(repeating: .zero)
      for j in 0..<n { d[j] = affine(load(corner + i * row + j * pixel)) }
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
