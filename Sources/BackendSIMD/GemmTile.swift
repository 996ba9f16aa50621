import CBackendSIMD

/// What a tile of a product reads and writes.
struct GemmOperands {
  /// Row i of the inputs begins at `inputs + i * stride`.
  var inputs: UnsafePointer<Float>
  let stride: Int
  /// Inputs that a sum takes in.
  var taps: Int
  /// As (tap, output).
  var weights: UnsafePointer<Float>
  /// Row i of the sums begins at `sums + i * sumStride`.
  var sums: UnsafeMutablePointer<Float>
  let sumStride: Int
  /// Whether sums go on from what is there.
  var continues: Bool
}

/// A block of sums that stays in registers while its inputs and weights pass by: `rows` rows of
/// inputs times `vectors` vectors of outputs.
enum GemmTile<let rows: Int, let vectors: Int> {
  private typealias Row = InlineArray<vectors, Lanes>

  @inline(__always)
  static func run(_ operands: GemmOperands) {
    var block = InlineArray<rows, Row>(repeating: Row(repeating: .zero))
    let (sums, sumStride) = (operands.sums, operands.sumStride)
    if operands.continues {
      forEachRow { i in
        for v in 0..<vectors { block[i][v] = load(sums + i * sumStride + v * laneCount) }
      }
    }
    let (inputs, stride) = (operands.inputs, operands.stride)
    var next = operands.weights
    // Weights of the next product lie behind these; they may have to come from far away.
    let ahead = operands.taps * vectors * laneCount
    for k in 0..<operands.taps {
      for line in 0..<vectors * laneCount / 16 { mtl_prefetch(next + ahead + line * 16) }
      let w = Row { load(next + $0 * laneCount) }
      forEachRow { i in
        let x = Lanes(repeating: inputs[i * stride + k])
        for v in 0..<vectors { block[i][v] = multiplyAdd(x, w[v], block[i][v]) }
        if i % 4 == 3 { mtl_keep_order() }
      }
      next += vectors * laneCount
    }
    forEachRow { i in
      for v in 0..<vectors { store(block[i][v], sums + i * sumStride + v * laneCount) }
    }
  }

  /// In two loops: the compiler unrolls a single one of so many rows too late to keep the block in
  /// registers.
  @inline(__always)
  private static func forEachRow(_ body: (Int) -> Void) {
    for i in 0..<rows / 2 { body(i) }
    for i in rows / 2..<rows { body(i) }
  }
}
