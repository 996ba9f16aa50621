import CBackendSIMD

/// A tile whose last outputs are half a vector, for panels that end there: some processors do as
/// many multiplications of half a vector in half the time, on others it takes what a whole one
/// does.
/// Its rows are twice `half`, and `whole` vectors are before the half one.
enum GemmHalfTile<let half: Int, let whole: Int> {
  private typealias Row = InlineArray<whole, Lanes>

  @inline(never)
  static func run(_ pointer: UnsafePointer<GemmOperands>) {
    let operands = pointer.pointee
    let start = operands.start
    let (row, end) = (Row { load(start + $0 * laneCount) }, mtl_half(start + whole * laneCount))
    var top = InlineArray<half, Row>(repeating: row)
    var bottom = InlineArray<half, Row>(repeating: row)
    var topEnds = InlineArray<half, HalfLanes>(repeating: end)
    var bottomEnds = InlineArray<half, HalfLanes>(repeating: end)
    let (sums, step, vectorStep) = (operands.sums, operands.sumStride, operands.vectorStride)
    let (lowerSums, endStep) = (sums + half * step, whole * vectorStep)
    if operands.continues {
      for i in 0..<half {
        for v in 0..<whole { top[i][v] = load(sums + i * step + v * vectorStep) }
        topEnds[i] = mtl_half(sums + i * step + endStep)
      }
      for i in 0..<half {
        for v in 0..<whole { bottom[i][v] = load(lowerSums + i * step + v * vectorStep) }
        bottomEnds[i] = mtl_half(lowerSums + i * step + endStep)
      }
    }
    let (inputs, stride) = (operands.inputs, operands.stride)
    let lowerInputs = inputs + half * stride
    var next = operands.weights
    let ahead = operands.taps * Gemm.columns
    for k in 0..<operands.taps {
      mtl_prefetch(next + ahead)
      let w = Row { load(next + $0 * laneCount) }
      let last = mtl_half(next + whole * laneCount)
      for i in 0..<half {
        let x = inputs[i * stride + k]
        for v in 0..<whole { top[i][v] = multiplyAdd(Lanes(repeating: x), w[v], top[i][v]) }
        topEnds[i] = mtl_half_multiply_add(x, last, topEnds[i])
        if i % 4 == 3 { mtl_keep_order() }
      }
      for i in 0..<half {
        let x = lowerInputs[i * stride + k]
        for v in 0..<whole { bottom[i][v] = multiplyAdd(Lanes(repeating: x), w[v], bottom[i][v]) }
        bottomEnds[i] = mtl_half_multiply_add(x, last, bottomEnds[i])
        if i % 4 == 3 { mtl_keep_order() }
      }
      next += Gemm.columns
    }
    for i in 0..<half {
      for v in 0..<whole { store(top[i][v], sums + i * step + v * vectorStep) }
      mtl_store_half(topEnds[i], sums + i * step + endStep)
    }
    for i in 0..<half {
      for v in 0..<whole { store(bottom[i][v], lowerSums + i * step + v * vectorStep) }
      mtl_store_half(bottomEnds[i], lowerSums + i * step + endStep)
    }
  }
}
