import CBackendSIMD
import CMTL

/// Transforms tiles of an image, V = B^T d B for each tile and channel, d being what the layer
/// before makes of it: scale * x + shift within the image, zero around it.
struct ConvInput<Transform: TrainedTransform> {
  let layout: ConvLayout<Transform>
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

  /// Tiles from the one that is transformed to that whose pixels are fetched.
  private static var ahead: Int { 2 }

  /// The first of `tiles` goes to `target`.
  func run(_ tiles: Range<Int>, to target: UnsafeMutablePointer<Float>) {
    let shape = layout.shape
    let n = Transform.inputs
    let row = shape.width * shape.channels
    for tile in tiles {
      let place = layout.place(of: tile)
      let (top, left) = (place.top - 1, place.left - 1)
      let isInside = top >= 0 && left >= 0 && top + n <= shape.height && left + n <= shape.width
      let corner = input + place.image * shape.height * row + top * row + left * shape.channels
      let first = target + (tile - tiles.lowerBound) * layout.depth
      let later = layout.place(of: min(tile + Self.ahead, layout.tiles - 1))
      let next = input + (later.image * shape.height + later.top) * row
        + later.left * shape.channels
      forLanes(shape.channels) { channel, some in
        fetch(next + channel, row: row)
        var affine = Affine()
        if let scale, let shift {
          affine = Affine(
            scale: loadSome(scale + channel, some), shift: loadSome(shift + channel, some))
        }
        if isInside && some == laneCount {
          transformRows(corner + channel, row: row, pixel: shape.channels, affine)
        } else {
          transformEdge(corner + channel, top, left, some, affine)
        }
        transformColumns(to: first + channel)
      }
    }
  }

  /// Asks for the pixels that a tile shares with no tile before it.
  @inline(__always)
  private func fetch(_ first: UnsafePointer<Float>, row: Int) {
    for i in 0..<Transform.outputs {
      for j in 0..<Transform.outputs {
        mtl_prefetch(first + (i + 1) * row + (j + 1) * layout.shape.channels)
      }
    }
  }

  /// The rows of a tile of one vector of channels, to `work`.
  @inline(__always)
  private func transformRows(
    _ corner: UnsafePointer<Float>, row: Int, pixel: Int, _ affine: Affine
  ) {
    let n = Transform.inputs
    for i in 0..<n {
      var d = WinogradLine(repeating: .zero)
      for j in 0..<n { d[j] = affine(load(corner + i * row + j * pixel)) }
      let v = Transform.input(d)
      for j in 0..<n { store(v[j], work + (i * n + j) * laneCount) }
    }
  }

  /// The same for a tile at (top, left) that reaches beyond the image, where zeros are.
  @inline(never)
  private func transformEdge(
    _ corner: UnsafePointer<Float>, _ top: Int, _ left: Int, _ some: Int, _ affine: Affine
  ) {
    let (n, shape) = (Transform.inputs, layout.shape)
    for i in 0..<n {
      let source = corner + i * shape.width * shape.channels
      let isRow = top + i >= 0 && top + i < shape.height
      var d = WinogradLine(repeating: .zero)
      for j in 0..<n where isRow && left + j >= 0 && left + j < shape.width {
        d[j] = affine(loadSome(source + j * shape.channels, some))
      }
      let v = Transform.input(d)
      for j in 0..<n { store(v[j], work + (i * n + j) * laneCount) }
    }
  }

  /// The columns of what is in `work`.
  @inline(__always)
  private func transformColumns(to target: UnsafeMutablePointer<Float>) {
    let (n, step) = (Transform.inputs, layout.inputStep)
    for j in 0..<n {
      var d = WinogradLine(repeating: .zero)
      for i in 0..<n { d[i] = load(work + (i * n + j) * laneCount) }
      let v = Transform.input(d)
      for i in 0..<n { store(v[i], target + (i * n + j) * step) }
    }
  }
}
