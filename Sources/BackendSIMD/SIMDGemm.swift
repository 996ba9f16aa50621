import CBackendSIMD

/// The product of some rows of inputs and a packed matrix of weights, in tiles that stay in
/// registers.
///
/// Weights are packed in panels of `columns` outputs: (panel, tap, output in panel), zeros behind
/// the last output.
enum Gemm {
  /// Outputs of a panel: two vectors.
  static let columns = 2 * laneCount
  /// Rows of a tile at the most: as many as leave registers for the operands. Half of them still
  /// keep the multipliers busy, fewer do not.
  static let rowsMax = Int(mtl_tile_rows)

  /// Taps between which sums go to memory, so that a panel's weights stay in the nearest cache.
  static let tapsMax = 320

  /// Floats that `outputs` columns of `taps` weights take when packed.
  static func packedCount(outputs: Int, taps: Int) -> Int {
    panels(outputs) * taps * columns
  }

  static func panels(_ outputs: Int) -> Int { (outputs + columns - 1) / columns }

  /// Sums of one panel for `count` rows. Row i of the inputs begins at `rows + i * stride`, of the
  /// sums at `sums + i * sumStride`.
  ///
  /// The order of additions is the same for every row, wherever it stands.
  static func panel(
    _ rows: UnsafePointer<Float>, stride: Int, count: Int, taps: Int,
    weights: UnsafePointer<Float>, sums: UnsafeMutablePointer<Float>, sumStride: Int = columns
  ) {
    let blocks = (taps + tapsMax - 1) / tapsMax
    let blockTaps = (taps + blocks - 1) / blocks
    // Tiles of nearly the same number of rows: a last one of few rows would leave the multipliers
    // idle.
    let tiles = (count + rowsMax - 1) / rowsMax
    let (least, larger) = count.quotientAndRemainder(dividingBy: tiles)
    for first in Swift.stride(from: 0, to: taps, by: blockTaps) {
      var operands = GemmOperands(
        inputs: rows + first, stride: stride, taps: min(blockTaps, taps - first),
        weights: weights + first * columns, sums: sums, sumStride: sumStride, continues: first > 0)
      for tile in 0..<tiles {
        let height = tile < larger ? least + 1 : least
        run(height, operands)
        operands.inputs += height * stride
        operands.sums += height * sumStride
      }
    }
  }

  /// The tile of this height.
  @inline(__always)
  private static func run(_ rows: Int, _ operands: GemmOperands) {
    switch rows {
    case 1: GemmTile<1, 2>.run(operands)
    case 2: GemmTile<2, 2>.run(operands)
    case 3: GemmTile<3, 2>.run(operands)
    case 4: GemmTile<4, 2>.run(operands)
    case 5: GemmTile<5, 2>.run(operands)
    default: if rowsMax > 6 { runHigh(rows, operands) } else { GemmTile<6, 2>.run(operands) }
    }
  }

  /// Heights that only instruction sets with 32 registers have room for.
  @inline(__always)
  private static func runHigh(_ rows: Int, _ operands: GemmOperands) {
    switch rows {
    case 6: GemmTile<6, 2>.run(operands)
    case 7: GemmTile<7, 2>.run(operands)
    case 8: GemmTile<8, 2>.run(operands)
    case 9: GemmTile<9, 2>.run(operands)
    case 10: GemmTile<10, 2>.run(operands)
    case 11: GemmTile<11, 2>.run(operands)
    default: GemmTile<12, 2>.run(operands)
    }
  }
}
