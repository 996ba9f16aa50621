/// The product of some rows of inputs and a packed matrix of weights, in tiles that stay in
/// registers.
///
/// Weights are packed in panels of `Tile.columns` outputs: (panel, tap, output in panel), zeros
/// behind the last output.
enum Gemm {
  /// Rows and columns of a tile: as many accumulators as leave registers for the operands.
  enum Tile {
    static let rows = 6
    static let columns = 2 * laneCount
  }

  /// Taps between which sums go to memory, so that a panel's weights stay in the nearest cache.
  static let tapsMax = 320

  /// Floats that `outputs` columns of `taps` weights take when packed.
  static func packedCount(outputs: Int, taps: Int) -> Int {
    panels(outputs) * taps * Tile.columns
  }

  static func panels(_ outputs: Int) -> Int { (outputs + Tile.columns - 1) / Tile.columns }

  /// Sums of one panel for `count` rows: to `sums`, (row, column), with room for whole tiles.
  ///
  /// Row i begins at `rows + i * stride`. The order of additions is the same for every row,
  /// wherever it stands.
  static func panel(
    _ rows: UnsafePointer<Float>, stride: Int, count: Int, taps: Int,
    weights: UnsafePointer<Float>, sums: UnsafeMutablePointer<Float>
  ) {
    let blocks = (taps + tapsMax - 1) / tapsMax
    let blockTaps = (taps + blocks - 1) / blocks
    var first = 0
    while first < taps {
      let some = min(blockTaps, taps - first)
      var row = 0
      while row < count {
        tile(
          rows + row * stride + first, stride: stride, count: min(Tile.rows, count - row),
          taps: some, weights: weights + first * Tile.columns, sums: sums + row * Tile.columns,
          continues: first > 0)
        row += Tile.rows
      }
      first += some
    }
  }

  /// One tile; rows beyond `count` repeat the last one, and their sums mean nothing.
  @inline(__always)
  private static func tile(
    _ a: UnsafePointer<Float>, stride: Int, count: Int, taps: Int,
    weights: UnsafePointer<Float>, sums: UnsafeMutablePointer<Float>, continues: Bool
  ) {
    let a1 = a + min(1, count - 1) * stride, a2 = a + min(2, count - 1) * stride
    let a3 = a + min(3, count - 1) * stride, a4 = a + min(4, count - 1) * stride
    let a5 = a + min(5, count - 1) * stride
    var c00 = Lanes.zero, c01 = Lanes.zero, c10 = Lanes.zero, c11 = Lanes.zero
    var c20 = Lanes.zero, c21 = Lanes.zero, c30 = Lanes.zero, c31 = Lanes.zero
    var c40 = Lanes.zero, c41 = Lanes.zero, c50 = Lanes.zero, c51 = Lanes.zero
    if continues {
      (c00, c01) = pair(sums, 0)
      (c10, c11) = pair(sums, 1)
      (c20, c21) = pair(sums, 2)
      (c30, c31) = pair(sums, 3)
      (c40, c41) = pair(sums, 4)
      (c50, c51) = pair(sums, 5)
    }
    var b = weights
    for k in 0..<taps {
      let b0 = load(b), b1 = load(b + laneCount)
      multiply(a[k], b0, b1, &c00, &c01)
      multiply(a1[k], b0, b1, &c10, &c11)
      multiply(a2[k], b0, b1, &c20, &c21)
      multiply(a3[k], b0, b1, &c30, &c31)
      multiply(a4[k], b0, b1, &c40, &c41)
      multiply(a5[k], b0, b1, &c50, &c51)
      b += Tile.columns
    }
    put(c00, c01, sums, 0)
    put(c10, c11, sums, 1)
    put(c20, c21, sums, 2)
    put(c30, c31, sums, 3)
    put(c40, c41, sums, 4)
    put(c50, c51, sums, 5)
  }

  @inline(__always)
  private static func multiply(
    _ a: Float, _ b0: Lanes, _ b1: Lanes, _ c0: inout Lanes, _ c1: inout Lanes
  ) {
    let all = Lanes(repeating: a)
    c0 = c0.addingProduct(all, b0)
    c1 = c1.addingProduct(all, b1)
  }

  @inline(__always)
  private static func pair(_ sums: UnsafePointer<Float>, _ row: Int) -> (Lanes, Lanes) {
    (load(sums + row * Tile.columns), load(sums + row * Tile.columns + laneCount))
  }

  @inline(__always)
  private static func put(
    _ c0: Lanes, _ c1: Lanes, _ sums: UnsafeMutablePointer<Float>, _ row: Int
  ) {
    store(c0, sums + row * Tile.columns)
    store(c1, sums + row * Tile.columns + laneCount)
  }
}
