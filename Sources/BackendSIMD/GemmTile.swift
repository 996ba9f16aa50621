import CBackendSIMD

/// What a tile of a product reads and writes. It is passed by its address: as a value it would be
/// copied for each tile.
struct GemmOperands {
  /// Row i of the inputs begins at `inputs + i * stride`.
  var inputs: UnsafePointer<Float>
  let stride: Int
  /// Inputs that a sum takes in.
  var taps: Int
  /// As (tap, output).
  var weights: UnsafePointer<Float>
  /// Vector v of row i of the sums is at `sums + i * sumStride + v * vectorStride`.
  var sums: UnsafeMutablePointer<Float>
  let sumStride: Int, vectorStride: Int
  /// Whether sums go on from what is there; else they begin with `start`.
  var continues: Bool
  /// A number for each output of a panel.
  let start: UnsafePointer<Float>
  /// What bounds sums before they are stored.
  var bounds: GemmBounds?
}

/// The activation of a product's results that is applied while they are in registers.
struct GemmBounds {
  let least: Float, most: Float

  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes {
    atMost(Lanes(repeating: most), atLeast(Lanes(repeating: least), x))
  }
}

/// A block of sums that stays in registers while its inputs and weights pass by: rows of inputs
/// times `vectors` vectors of outputs. The rows are in two parts, as the compiler gives up keeping
/// an array of more than 18 vectors in registers.
enum GemmTile<let upper: Int, let lower: Int, let vectors: Int> {
  private typealias Row = InlineArray<vectors, Lanes>

  @inline(never)
  static func run(_ pointer: UnsafePointer<GemmOperands>) {
    let operands = pointer.pointee
    let start = Row { load(operands.start + $0 * laneCount) }
    var (top, bottom) = (
      InlineArray<upper, Row>(repeating: start), InlineArray<lower, Row>(repeating: start))
    let (sums, sumStride, vectorStride) = (
      operands.sums, operands.sumStride, operands.vectorStride)
    let lowerSums = sums + upper * sumStride
    if operands.continues {
      for i in 0..<upper {
        for v in 0..<vectors { top[i][v] = load(sums + i * sumStride + v * vectorStride) }
      }
      for i in 0..<lower {
        for v in 0..<vectors { bottom[i][v] = load(lowerSums + i * sumStride + v * vectorStride) }
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
    if let bounds = operands.bounds {
      for i in 0..<upper { for v in 0..<vectors { top[i][v] = bounds(top[i][v]) } }
      for i in 0..<lower { for v in 0..<vectors { bottom[i][v] = bounds(bottom[i][v]) } }
    }
    for i in 0..<upper {
      for v in 0..<vectors { store(top[i][v], sums + i * sumStride + v * vectorStride) }
    }
    for i in 0..<lower {
      for v in 0..<vectors { store(bottom[i][v], lowerSums + i * sumStride + v * vectorStride) }
    }
  }
}
