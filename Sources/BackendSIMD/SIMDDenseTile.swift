import BackendKit
import CBackendSIMD

/// Dot products of `rows` rows of inputs with `outputs` rows of weights: a vector of partial sums
/// for each, in a register.
///
/// A sum's terms are added in the same order wherever it stands in a tile, however large the tile
/// is, and however its inputs lie in memory.
struct DenseTile<let rows: Int, let outputs: Int> {
  /// How far ahead weights are asked for, where they pass by once: at the end of their rows, those
  /// of the next tile's outputs. Weights of four bytes keep the memory busy without that, and would
  /// be slower.
  @inline(__always)
  private static func ahead<W: LaneWeight>(_: W.Type, _ next: Int, of count: Int) -> Int {
    let size = MemoryLayout<W>.stride
    if size == 4 { return next + 2048 / size }
    let far = next + 4096 / size
    return far < count ? far : far + (outputs - 1) * count
  }

  private var sums = InlineArray<rows, InlineArray<outputs, Lanes>>(
    repeating: InlineArray(repeating: .zero))

  /// Adds the products of inputs as they lie in the layer's input, and as many weights, as far as
  /// they fill vectors.
  @inline(__always)
  mutating func add<W: LaneWeight>(
    _ x: InlineArray<rows, UnsafePointer<Float>>, _ weights: InlineArray<outputs, UnsafePointer<W>>,
    count: Int
  ) {
    var next = 0
    while next + laneCount <= count {
      // For fewer registers the compiler would write the loop several times.
      if hasManyRegisters {
        let ahead = Self.ahead(W.self, next, of: count)
        for output in 0..<outputs { mtl_prefetch(weights[output] + ahead) }
      }
      add({ load(x[$0] + next) }, { W.lanes(weights[$0] + next) })
      next += laneCount
    }
  }

  /// The same of packed inputs, (vector, row). While it does so the weights of the outputs that
  /// follow, `ahead` elements on, are fetched.
  @inline(__always)
  mutating func add<W: LaneWeight>(
    packed x: UnsafePointer<Float>, _ weights: InlineArray<outputs, UnsafePointer<W>>, count: Int,
    ahead: Int
  ) {
    var (x, next) = (x, 0)
    while next + laneCount <= count {
      for output in 0..<outputs { mtl_prefetch(weights[output] + next + ahead) }
      add({ load(x + $0 * laneCount) }, { W.lanes(weights[$0] + next) })
      x += rows * laneCount
      next += laneCount
    }
  }

  /// Adds one product to each sum. The operands that are fewer stay in registers.
  @inline(__always)
  private mutating func add(_ input: (Int) -> Lanes, _ weight: (Int) -> Lanes) {
    if rows < outputs {
      let inputs = InlineArray<rows, Lanes> { input($0) }
      for output in 0..<outputs {
        let lanes = weight(output)
        for row in 0..<rows {
          sums[row][output] = multiplyAdd(lanes, inputs[row], sums[row][output])
        }
      }
    } else {
      let weights = InlineArray<outputs, Lanes> { weight($0) }
      for row in 0..<rows {
        let lanes = input(row)
        for output in 0..<outputs {
          sums[row][output] = multiplyAdd(weights[output], lanes, sums[row][output])
        }
      }
    }
  }

  /// Takes up partial sums that were put into memory.
  @inline(__always)
  mutating func get(_ source: UnsafePointer<Float>) {
    for row in 0..<rows {
      for output in 0..<outputs {
        sums[row][output] = load(source + (row * outputs + output) * laneCount)
      }
    }
  }

  /// Writes the partial sums, (row, output).
  @inline(__always)
  func put(_ target: UnsafeMutablePointer<Float>) {
    for row in 0..<rows {
      for output in 0..<outputs {
        store(sums[row][output], target + (row * outputs + output) * laneCount)
      }
    }
  }
}
