import BackendKit
import CBackendSIMD

/// Dot products of `rows` rows of inputs with `outputs` rows of weights: a vector of partial sums
/// for each, in a register.
///
/// A sum's terms are added in the same order wherever it stands in a tile, however large the tile
/// is, and however its inputs lie in memory.
struct DenseTile<let rows: Int, let outputs: Int> {
  /// The weights that are asked for while those at `next` are multiplied, where they pass by once:
  /// some way on, and at the end of their rows those of the next tile's outputs.
  @inline(__always)
  private static func ahead<W: LaneWeight>(_: W.Type, _ next: Int, of count: Int) -> Int {
    let far = next + 4096 / MemoryLayout<W>.stride
    return far < count ? far : far + (outputs - 1) * count
  }

  private var sums = InlineArray<rows, InlineArray<outputs, Lanes>>(
    repeating: InlineArray(repeating: .zero))

  /// Inputs that are multiplied at a time: those whose weights fill a line of the cache, so that
  /// each line is asked for once, but not more than registers hold.
  @inline(__always)
  static func step<W: LaneWeight>(_: W.Type) -> Int {
    min(max(laneCount, 64 / MemoryLayout<W>.stride), 4 * laneCount)
  }

  /// Adds the products of inputs as they lie in the layer's input, and as many weights, as far as
  /// they make whole steps.
  @inline(__always)
  mutating func add<W: LaneWeight>(
    _ x: InlineArray<rows, UnsafePointer<Float>>, _ weights: InlineArray<outputs, UnsafePointer<W>>,
    count: Int
  ) {
    var next = 0
    while next + Self.step(W.self) <= count {
      let ahead = Self.ahead(W.self, next, of: count)
      for output in 0..<outputs { mtl_prefetch(weights[output] + ahead) }
      // Weights here and ahead are reached from the same registers.
      let here = mtl_unknown(next)
      for output in 0..<outputs {
        for vector in 0..<Self.step(W.self) / laneCount {
          let first = here + vector * laneCount
          let lanes = W.lanes(weights[output] + first)
          for row in 0..<rows {
            sums[row][output] = multiplyAdd(lanes, load(x[row] + first), sums[row][output])
          }
        }
      }
      next += Self.step(W.self)
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
    while next + Self.step(W.self) <= count {
      for output in 0..<outputs { mtl_prefetch(weights[output] + next + ahead) }
      for vector in 0..<Self.step(W.self) / laneCount {
        let first = next + vector * laneCount
        let lanes = InlineArray<outputs, Lanes> { W.lanes(weights[$0] + first) }
        for row in 0..<rows {
          let input = load(x + row * laneCount)
          for output in 0..<outputs {
            sums[row][output] = multiplyAdd(lanes[output], input, sums[row][output])
          }
        }
        x += rows * laneCount
      }
      next += Self.step(W.self)
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
