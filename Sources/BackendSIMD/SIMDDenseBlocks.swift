import BackendKit
import CMTL

/// How a dense layer is cut.
///
/// A few rows are taken as they lie in memory. Many are packed first, chunk by chunk of the inputs
/// and tile by tile of the rows, so that a chunk's weights for a tile of outputs stay in the
/// nearest cache while the rows pass by.
struct DenseBlocks {
  let length: Int
  let isPacked: Bool
  /// Blocks of rows: a part's.
  let rows: Split
  /// Blocks of outputs: a part's.
  let outputs: Split
  /// Chunks of the inputs, after which partial sums go to memory. One if nothing is packed.
  let chunks: Split

  /// Rows of the larger tile, to a multiple of which blocks come out.
  static let tileRows = 6
  /// Outputs of the larger tile at most. The smaller ones have no more sums.
  private static let tileOutputs = 4
  private static let blockRows = 16 * tileRows, chunkLength = 512

  init(_ op: OperatorView) {
    let matrix = op.input(1)
    length = matrix.dimension(1)
    let count = op.input(0).count / length
    isPacked = count > 2 && matrix.dimension(0) >= 32
    let blocks = (count + Self.blockRows - 1) / Self.blockRows
    let some = (count + blocks - 1) / blocks
    rows = Split(count, grain: roundedUp(some, to: Self.tileRows))
    chunks = Split(length, grain: isPacked ? Self.chunkLength : length)
    // Enough work to be worth handing out, and enough outputs for each look at the inputs.
    let inputs = some * length
    let wanted = max((1 << 17) / inputs, isPacked ? min(64, inputs >> 12) : 1)
    outputs = Split(matrix.dimension(0), grain: Self.wholeTiles(wanted))
  }

  /// Parts that pack, as a split of rows times chunks.
  var packing: Split { Split(rows.parts * chunks.parts, grain: 1) }

  /// Parts that multiply, as a split of rows times outputs; the outputs run fastest.
  var products: Split { Split(rows.parts * outputs.parts, grain: 1) }

  /// Floats of packed inputs, which all parts share.
  var packedCount: Int { isPacked ? rows.parts * rows.grain * Self.padded(length) : 0 }

  /// Floats of a part's memory: partial sums, or those of the largest tile.
  var localCount: Int {
    (chunks.parts > 1 ? rows.grain * outputs.grain : Self.tileRows * Self.tileOutputs) * laneCount
  }

  /// Where a chunk of a block of rows begins among the packed inputs.
  func packedOffset(block: Int, chunk: Range<Int>) -> Int {
    (block * Self.padded(length) + chunk.lowerBound) * rows.grain
  }

  /// Calls `body` with the rows of each tile of a block and the number of rows of the tile, which
  /// may be more at the block's end.
  @inline(__always)
  static func forTiles(of block: Range<Int>, _ body: (Range<Int>, Int) -> Void) {
    var row = block.lowerBound
    while row < block.upperBound {
      let left = block.upperBound - row
      let some = left > 8 || left == 5 || left == 6 ? tileRows : 4
      body(row..<min(row + some, block.upperBound), some)
      row += some
    }
  }

  /// `count` outputs in whole tiles, of whatever size.
  static func wholeTiles(_ count: Int) -> Int { roundedUp(count, to: 8) }

  /// `count` inputs in whole vectors.
  static func padded(_ count: Int) -> Int { roundedUp(count, to: laneCount) }
}
