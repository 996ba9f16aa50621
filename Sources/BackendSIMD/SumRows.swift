import BackendKit

/// Rows of one vector of sums each, and where their results go.
struct SumRows {
  /// The first row's sums, and how far it is to the next row's.
  let sums: UnsafePointer<Float>
  let step: Int
  /// The first row's results, which may lie where the sums do, what is added to them, and how far
  /// it is to the next row's.
  let output: UnsafeMutablePointer<Float>
  var residual: UnsafePointer<Float>?
  let stride: Int
  let count: Int
  /// Lanes of a row that are read and written.
  let some: Int

  /// Writes the results.
  @inline(never)
  func finish(_ epilogue: Activation, _ channels: Finish.Channels) {
    switch epilogue.curve {
    case .none where some == laneCount: each(epilogue, epilogue, channels, laneCount)
    case .none: each(epilogue, epilogue, channels, some)
    case .sigmoid: each(Sigmoid(), epilogue, channels, some)
    case .silu: each(Silu(), epilogue, channels, some)
    case .hardSwish: each(HardSwish(), epilogue, channels, some)
    case .gelu: each(Gelu(), epilogue, channels, some)
    }
  }

  @inline(__always)
  private func each(
    _ formula: some LaneFormula, _ epilogue: Activation, _ channels: Finish.Channels, _ some: Int
  ) {
    var (source, place) = (sums, 0)
    let sumLeast = epilogue.sumLeast
    for _ in 0..<count {
      let active = formula(loadSome(source, some) + channels.bias)
      var result = multiplyAdd(active, channels.scale, channels.shift)
      if let residual {
        result = atLeast(sumLeast, result + loadSome(residual + place, some))
      }
      storeSome(result, output + place, some)
      source += step
      place += stride
    }
  }
}

/// What an epilogue does to all channels alike. As a formula it is the one without a curve.
struct Activation: LaneFormula {
  let curve: Epilogue.Curve
  /// Bounds of what comes out, and of what comes out after the residual; beyond all numbers where
  /// there are none.
  let least: Lanes, most: Lanes, sumLeast: Lanes

  init(_ epilogue: Epilogue) {
    curve = epilogue.curve
    (least, most) = (Lanes(repeating: epilogue.least), Lanes(repeating: epilogue.most))
    sumLeast = Lanes(repeating: epilogue.rectifiesSum ? 0 : -.infinity)
  }

  @inline(__always)
  func callAsFunction(_ x: Lanes) -> Lanes { atMost(most, atLeast(least, x)) }
}

extension Epilogue.Abilities {
  /// Of kernels that finish each result alone.
  static var simd: Self { Self(sigmoid: true, gates: true) }
}
