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
  /// sums at `sums + i * sumStride`, vector by vector `vectorStride` apart.
  ///
  /// Only the first `outputs` columns need be right. Sums begin with `start`, a number for each
  /// output of the panel, and are bounded when they are complete. `end` gets those of each tile
  /// then.
  ///
  /// The order of additions is the same for every row, wherever it stands.
  static func panel(
    _ rows: UnsafePointer<Float>, stride: Int, count: Int, taps: Int,
    weights: UnsafePointer<Float>, sums: UnsafeMutablePointer<Float>, sumStride: Int = columns,
    vectorStride: Int = laneCount, outputs: Int = columns, start: UnsafePointer<Float>? = nil,
    bounds: GemmBounds? = nil, end: PanelEnd? = nil
  ) {
    let blocks = GemmBlocks(count: count, taps: taps)
    let blockTaps = blocks.taps
    let width = GemmWidth(outputs, isBounded: bounds != nil)
    for first in Swift.stride(from: 0, to: taps, by: blockTaps) {
      var operands = GemmOperands(
        inputs: rows + first, stride: stride, taps: min(blockTaps, taps - first),
        weights: weights + first * columns, sums: sums, sumStride: sumStride,
        vectorStride: vectorStride, continues: first > 0, start: start ?? mtl_zeros(),
        bounds: first + blockTaps >= taps ? bounds : nil)
      withUnsafeMutablePointer(to: &operands) { operands in
        var row = 0
        for tile in 0..<blocks.tiles {
          let isWhole = width == .whole
          let height = isWhole ? blocks.height(of: tile) : min(rowsMax, count - row)
          if isWhole || height < rowsMax { run(height, operands) } else { run(width, operands) }
          if first + blockTaps >= taps, let end {
            end.apply(operands.pointee.sums, row: row, count: height)
          }
          row += height
          operands.pointee.inputs += height * stride
          // Sums that are used up at once may overwrite one another.
          if end == nil || blockTaps < taps { operands.pointee.sums += height * sumStride }
        }
      }
    }
  }

  /// The same for sums that need nothing more, as one function for all callers.
  @inline(never)
  static func sums(
    _ rows: UnsafePointer<Float>, stride: Int, count: Int, taps: Int,
    weights: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>, sumStride: Int = columns,
    vectorStride: Int = laneCount, outputs: Int = columns, start: UnsafePointer<Float>? = nil,
    bounds: GemmBounds? = nil
  ) {
    panel(
      rows, stride: stride, count: count, taps: taps, weights: weights, sums: sums,
      sumStride: sumStride, vectorStride: vectorStride, outputs: outputs, start: start,
      bounds: bounds)
  }

  /// Some products of the same size one after the other: the inputs and the sums of each lie so
  /// many floats behind those of the one before, their weights side by side.
  @inline(never)
  static func products(
    _ products: Int, _ inputs: UnsafePointer<Float>, step: Int, stride: Int, count: Int,
    taps: Int, weights: UnsafePointer<Float>, to sums: UnsafeMutablePointer<Float>, sumStep: Int
  ) {
    let blocks = GemmBlocks(count: count, taps: taps)
    var operands = GemmOperands(
      inputs: inputs, stride: stride, taps: taps, weights: weights, sums: sums,
      sumStride: columns, vectorStride: laneCount, continues: false, start: mtl_zeros(),
      bounds: nil)
    withUnsafeMutablePointer(to: &operands) { operands in
      for product in 0..<products {
        for first in Swift.stride(from: 0, to: taps, by: blocks.taps) {
          operands.pointee.inputs = inputs + product * step + first
          operands.pointee.sums = sums + product * sumStep
          operands.pointee.taps = min(blocks.taps, taps - first)
          operands.pointee.continues = first > 0
          for tile in 0..<blocks.tiles {
            let height = blocks.height(of: tile)
            run(height, operands)
            operands.pointee.inputs += height * stride
            operands.pointee.sums += height * columns
          }
          operands.pointee.weights += operands.pointee.taps * columns
        }
      }
    }
  }

  /// The tile of this height.
  @inline(__always)
  private static func run(_ rows: Int, _ operands: UnsafePointer<GemmOperands>) {
    switch rows {
    case 1: GemmTile<1, 0, 2>.run(operands)
    case 2: GemmTile<1, 1, 2>.run(operands)
    case 3: GemmTile<2, 1, 2>.run(operands)
    case 4: GemmTile<2, 2, 2>.run(operands)
    case 5: GemmTile<3, 2, 2>.run(operands)
    default: if rowsMax > 6 { runHigh(rows, operands) } else { GemmTile<3, 3, 2>.run(operands) }
    }
  }

  /// The highest tile, of a part of the panel's columns.
  @inline(__always)
  private static func run(_ width: GemmWidth, _ operands: UnsafePointer<GemmOperands>) {
    if !hasManyRegisters {
      GemmTile<3, 3, 1>.run(operands)
    } else if width == .half {
      GemmHalfTile<6, 0>.run(operands)
    } else if width == .vector {
      GemmTile<6, 6, 1>.run(operands)
    } else {
      GemmHalfTile<6, 1>.run(operands)
    }
  }

  /// Heights that only instruction sets with 32 registers have room for.
  @inline(__always)
  private static func runHigh(_ rows: Int, _ operands: UnsafePointer<GemmOperands>) {
    switch rows {
    case 6: GemmTile<3, 3, 2>.run(operands)
    case 7: GemmTile<4, 3, 2>.run(operands)
    case 8: GemmTile<4, 4, 2>.run(operands)
    case 9: GemmTile<5, 4, 2>.run(operands)
    case 10: GemmTile<5, 5, 2>.run(operands)
    case 11: GemmTile<6, 5, 2>.run(operands)
    default: GemmTile<6, 6, 2>.run(operands)
    }
  }
}

/// How a product is cut. Tiles are of nearly the same number of rows: a last one of few rows would
/// leave the multipliers idle.
private struct GemmBlocks {
  /// Taps that are added up before sums go to memory.
  let taps: Int
  let tiles: Int
  private let least: Int, larger: Int

  init(count: Int, taps: Int) {
    let blocks = (taps + Gemm.tapsMax - 1) / Gemm.tapsMax
    self.taps = (taps + blocks - 1) / blocks
    tiles = (count + Gemm.rowsMax - 1) / Gemm.rowsMax
    (least, larger) = count.quotientAndRemainder(dividingBy: tiles)
  }

  /// Rows of a tile.
  func height(of tile: Int) -> Int { tile < larger ? least + 1 : least }
}

/// The columns of a panel that hold outputs, in vectors: the others need not be computed.
private enum GemmWidth {
  case half, vector, vectorAndHalf, whole

  /// Halves are known where they may pay, and without bounds.
  init(_ outputs: Int, isBounded: Bool) {
    let hasHalves = hasManyRegisters && !isBounded
    if hasHalves && outputs <= laneCount / 2 {
      self = .half
    } else if outputs <= laneCount {
      self = .vector
    } else if hasHalves && outputs <= laneCount + laneCount / 2 {
      self = .vectorAndHalf
    } else {
      self = .whole
    }
  }
}
