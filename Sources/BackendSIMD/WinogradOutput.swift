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
  /// Results on their way, behind the half-transformed products.
  private var results: UnsafeMutablePointer<Float> {
    work + Transform.frequencies * laneCount
  }

  /// The outputs of panel `panel` of all `tiles`: both of its vectors for each tile, as they share
  /// cache lines.
  func run(_ tiles: Range<Int>, panel: Int) {
    let channel = panel * Gemm.columns
    let some = min(laneCount, channels - channel)
    let others = min(laneCount, channels - channel - laneCount)
    let constants = finish.channels(channel, some)
    let otherConstants = others > 0 ? finish.channels(channel + laneCount, others) : constants
    var source = products
    for tile in tiles {
      let place = layout.place(of: tile)
      transform(source, place, channel, some, constants)
      if others > 0 {
        transform(source + laneCount, place, channel + laneCount, others, otherConstants)
      }
      source += Gemm.columns
    }
  }

  /// One tile of one vector of channels: first along its columns, then along its rows.
  @inline(never)
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
    let target = WinogradTarget(
      first: position * channels + channel, rowStep: window.horizontal.count * channels,
      rows: rows, columns: columns, some: some)
    switch finish.epilogue.pool {
    case 2: put(pool(PoolSide<2>.self, constants), place, target, channel)
    case 3: put(pool(PoolSide<3>.self, constants), place, target, channel)
    default:
      if rows == m, columns == m, some == laneCount, !finish.isBent {
        putWhole(target, constants)
      } else {
        putSome(target, constants)
      }
    }
  }

  /// Row `i` of the tile.
  @inline(__always)
  private func line(_ i: Int) -> WinogradLine {
    let n = Transform.inputs
    var p = WinogradLine(repeating: .zero)
    for j in 0..<n { p[j] = load(work + (i * n + j) * laneCount) }
    return Transform.output(p)
  }

  /// Where the values are that are added to the results from `position` on.
  @inline(__always)
  private func added(_ position: Int) -> UnsafePointer<Float>? { residual.map { $0 + position } }

  @inline(__always)
  private func putWhole(_ target: WinogradTarget, _ constants: Finish.Channels) {
    for i in 0..<Transform.outputs {
      let y = line(i)
      for j in 0..<Transform.outputs {
        let next = target.first + i * target.rowStep + j * channels
        store(finish(y[j], constants, added(next)), output + next)
      }
    }
  }

  /// A tile that reaches beyond the last row, column or channel, or whose sums must be bent.
  @inline(never)
  private func putSome(_ target: WinogradTarget, _ constants: Finish.Channels) {
    for i in 0..<target.rows {
      let y = line(i)
      for j in 0..<Transform.outputs { store(y[j], results + j * laneCount) }
      let next = target.first + i * target.rowStep
      finish.apply(
        SumRows(
          sums: results, step: laneCount, output: output + next, residual: added(next),
          stride: channels, count: target.columns, some: target.some), constants)
    }
  }

  /// Leaves the greatest of each window of `side` by `side` results in `results`, and answers
  /// `side`. What lies beyond the last row or column makes windows of its own, which nobody takes.
  @inline(__always)
  private func pool<let side: Int>(
    _: PoolSide<side>.Type, _ constants: Finish.Channels
  ) -> Int {
    let windows = Transform.outputs / side
    for row in 0..<windows {
      var greatest = WinogradLine(repeating: .zero)
      for i in 0..<side {
        let y = line(row * side + i)
        for window in 0..<windows {
          for j in 0..<side {
            let next = finish(y[window * side + j], constants)
            greatest[window] = i + j == 0 ? next : greater(greatest[window], next)
          }
        }
      }
      for window in 0..<windows {
        store(greatest[window], results + (row * windows + window) * laneCount)
      }
    }
    return side
  }

  /// Brings the pooled results to their place.
  @inline(__always)
  private func put(
    _ side: Int, _ place: WinogradLayout.Place, _ target: WinogradTarget, _ channel: Int
  ) {
    let window = layout.convolution.window
    let (height, width) = (window.vertical.count / side, window.horizontal.count / side)
    let windows = Transform.outputs / side
    for i in 0..<target.rows / side {
      let row = (place.image * height + place.top / side + i) * width + place.left / side
      for j in 0..<target.columns / side {
        let lanes = load(results + (i * windows + j) * laneCount)
        storeSome(lanes, output + (row + j) * channels + channel, target.some)
      }
    }
  }
}

/// Where the results of a tile go, without a pool.
private struct WinogradTarget {
  /// Index of the first result, and from one row of results to the next.
  let first: Int, rowStep: Int
  /// Rows, columns and channels of the tile that are results.
  let rows: Int, columns: Int, some: Int
}

/// The side of a pool's windows, known when this is compiled.
private enum PoolSide<let side: Int> {}
