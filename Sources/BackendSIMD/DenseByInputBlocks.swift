import BackendKit
import CMTL

/// How a dense layer whose weights lie by input is cut.
///
/// Each sum is made of the sums of ranges of inputs, one after the other: they can be computed
/// apart, and are the same however many rows there are.
struct DenseByInputBlocks {
  /// Inputs and outputs of a row.
  let length: Int, width: Int
  /// Rows that pass by a range of weights together.
  let rows: Split
  /// Of the inputs.
  let ranges: Split

  init(_ op: OperatorView) {
    let matrix = op.input(1)
    (length, width) = (matrix.dimension(0), matrix.dimension(1))
    rows = Split(op.input(0).count / length, grain: 32)
    ranges = Split(length, grain: max(256, roundedUp(length / 8, to: 64)))
  }

  /// Floats of a row's sums: whole vectors.
  var paddedWidth: Int { roundedUp(width, to: laneCount) }

  /// Floats of all sums: (row, range, output).
  var sumsCount: Int { rows.count * ranges.parts * paddedWidth }

  /// Inputs that are listed at a time: where there are many rows, so few that their lists and, for
  /// a tile of outputs, the weights of a chunk of them stay in the nearest cache.
  var listed: Int { rows.count == 1 ? ranges.grain : 128 }

  /// Bytes of a block's rows as they are listed, and of their lists.
  var listBytes: Int {
    min(rows.grain, rows.count)
      * (MemoryLayout<ListedRow>.stride
        + NonzeroInput.count(listed) * MemoryLayout<NonzeroInput>.stride)
  }

  /// Of the outputs of all rows, in vectors, where sums become results.
  var results: Split { Split(rows.count * paddedWidth / laneCount, grain: 256 / laneCount) }
}
