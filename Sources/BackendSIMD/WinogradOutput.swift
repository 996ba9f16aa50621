import BackendKit

/// Transforms products back, Y = A^T M A for each tile and output, and applies the epilogue.
struct WinogradOutput<Transform: WinogradTransform> {
  let layout: WinogradLayout
  let finish: Finish
  /// The result, and the values that are added to it.
  let output: UnsafeMutablePointer<Float>
  let residual: UnsafePointer<Float>?
  /// Products of a panel for the tiles of a block, and floats from one frequency to the next.
  let products: UnsafePointer<Float>
  let step: Int
  /// Memory of `layout.workCount` floats.
  let work: UnsafeMutablePointer<Float>

  private var channels: Int { layout.convolution.outputs }
  /// The results of a tile, behind the half-transformed products.
  private var results: UnsafeMutablePointer<Float> {
    work + Transform.frequencies * laneCount
  }

  /// The outputs of panel `panel` of all `tiles`.
  func run(_ tiles: Range<Int>, panel: Int) {
    for vector in 0..<Gemm.columns / laneCount {
      let channel = panel * Gemm.columns + vector * laneCount
      guard channel < channels else { break }
      let some = min(laneCount, channels - channel)
      let constants = finish.channels(channel, some)
      var source = products + vector * laneCount
      for tile in tiles {
        transform(source, layout.place(of: tile), channel, some, constants)
        source += Gemm.columns
      }
    }
  }

  /// One tile of one vector of channels: first along its columns, then along its rows.
  @inline(__always)
  private func transform(
    _ source: UnsafePointer<Float>, _ place: WinogradLayout.Place, _ channel: Int, _ some: Int,
    _ constants: Finish.Channels
  ) {
    let (n, m) = (Transform.inputs, Transform.outputs)
    for j in 0..<n {
      var p = WinogradLine(repeating: .zero)
      for i in 0..<n { p[i] = load(source + (i * n + j) * step) }
      let y = Transform.output(p)
      for i in 0..<m { store(y[i], work + (i * n + j) * laneCount) }
    }
    let window = layout.convolution.window
    let rows = min(m, window.vertical.count - place.top)
    let columns = min(m, window.horizontal.count - place.left)
    let position = (place.image * window.vertical.count + place.top) * window.horizontal.count
      + place.left
    let first = position * channels + channel
    if rows == m, columns == m, some == laneCount, finish.epilogue.pool == 1 {
      for i in 0..<m {
        let y = line(i)
        let start = first + i * window.horizontal.count * channels
        for j in 0..<m {
          let next = start + j * channels
          store(finish(y[j], constants, residual.map { $0 + next }, some), output + next)
        }
      }
      return
    }
    for i in 0..<rows {
      let y = line(i)
      for j in 0..<m { store(y[j], results + (i * m + j) * laneCount) }
      for j in 0..<columns {
        let from = first + (i * window.horizontal.count + j) * channels
        let target = results + (i * m + j) * laneCount
        store(finish(load(target), constants, residual.map { $0 + from }, some), target)
      }
    }
    put(place, rows, columns, channel, some)
  }

  /// Row `i` of the tile.
  @inline(__always)
  private func line(_ i: Int) -> WinogradLine {
    let n = Transform.inputs
    var p = WinogradLine(repeating: .zero)
    for j in 0..<n { p[j] = load(work + (i * n + j) * laneCount) }
    return Transform.output(p)
  }

  /// Brings `rows` by `columns` finished results to their place, or the greatest of each window.
  private func put(
    _ place: WinogradLayout.Place, _ rows: Int, _ columns: Int, _ channel: Int, _ some: Int
  ) {
    let window = layout.convolution.window
    let pool = finish.epilogue.pool
    let (height, width) = (window.vertical.count / pool, window.horizontal.count / pool)
    let (top, left) = (place.top / pool, place.left / pool)
    for i in 0..<rows / pool {
      for j in 0..<columns / pool {
        let corner = results + (i * Transform.outputs + j) * pool * laneCount
        var greatest = load(corner)
        for k in 1..<pool * pool {
          let (down, across) = k.quotientAndRemainder(dividingBy: pool)
          let next = load(corner + (down * Transform.outputs + across) * laneCount)
          greatest = greater(greatest, next)
        }
        let position = (place.image * height + top + i) * width + left + j
        storeSome(greatest, output + position * channels + channel, some)
      }
    }
  }
}
