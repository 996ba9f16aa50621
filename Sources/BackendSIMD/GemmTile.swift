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

/// A block of sums that stays in registers while its inputs and weights pass by: rows of inputs
/// times `vectors` vectors of outputs. The rows are in two parts, as the compiler gives up keeping
/// an array of more than 18 vectors in registers.
enum GemmTile<let upper: Int, let lower: Int, let vectors: Int> {
  private typealias Row = InlineArray<vectors, Lanes>

  @inline(never)
  static func run(_ operands: GemmOperands) {
    var (top, bottom) = (
      InlineArray<upper, Row>(repeating: Row(repeating: .zero)),
      InlineArray<lower, Row>(repeating: Row(repeating: .zero)))
    let (sums, sumStride) = (operands.sums, operands.sumStride)
    let lowerSums = sums + upper * sumStride
    if operands.continues {
      for i in 0..<upper {
        for v in 0..<vectors { top[i][v] = load(sums + i * sumStride + v * laneCount) }
      }
      for i in 0..<lower {
        for v in 0..<vectors { bottom[i][v] = load(lowerSums + i * sumStride + v * laneCount) }
      }
    }
    let (inputs, stride) = (operands.inputs, operands.stride)
    let lowerInputs = inputs + upper * stride
    var next = operands.weights
    // Weights of the next product lie behind these; they may have to come from far away.
    let ahead = operands.taps * Gemm.columns
    for k in 0..<operands.taps {
      for line in 0..<vectors * laneCount / 16 { mtl_prefetch(next + ahead + line * 16) }
      let w = Row { load(next + $0 * laneCount) }
      for i in 0..<upper {
        let x = Lanes(repeating: inputs[i * stride + k])
        for v in 0..<vectors { top[i][v] = multiplyAdd(x, w[v], top[i][v]) }
        if i % 4 == 3 { mtl_keep_order() }
      }
      for i in 0..<lower {
        let x = Lanes(repeating: lowerInputs[i * stride + k])
        for v in 0..<vectors { bottom[i][v] = multiplyAdd(x, w[v], bottom[i][v]) }
        if i % 4 == 3 { mtl_keep_order() }
      }
      next += Gemm.columns
    }
    for i in 0..<upper {
      for v in 0..<vectors { store(top[i][v], sums + i * sumStride + v * laneCount) }
    }
    for i in 0..<lower {
      for v in 0..<vectors { store(bottom[i][v], lowerSums + i * sumStride + v * laneCount) }
    }
  }
}
