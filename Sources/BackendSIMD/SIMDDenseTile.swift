import BackendKit
import CBackendSIMD

/// A weight that is loaded by vectors.
protocol LaneWeight: Weight {
  static func lanes(_ weights: UnsafePointer<Self>) -> Lanes
}

extension Float: LaneWeight {
  @inline(__always)
  static func lanes(_ weights: UnsafePointer<Float>) -> Lanes { load(weights) }
}

extension Half: LaneWeight {
  @inline(__always)
  static func lanes(_ weights: UnsafePointer<Half>) -> Lanes { mtl_lanes_from_f16(weights) }
}

extension Int16: LaneWeight {
  @inline(__always)
  static func lanes(_ weights: UnsafePointer<Int16>) -> Lanes { mtl_lanes_from_i16(weights) }
}

extension Int8: LaneWeight {
  @inline(__always)
  static func lanes(_ weights: UnsafePointer<Int8>) -> Lanes { mtl_lanes_from_i8(weights) }
}

/// Sums of a tile: up to 3 rows of 4 outputs.
typealias TileSums = InlineArray<3, SIMD4<Float>>

/// Dot products of up to 4 rows of weights with up to 3 rows of inputs, each `length` long and
/// one after the other in memory. A sum is formed in the same order wherever it stands in the tile.
@inline(__always)
func denseTile<W: LaneWeight>(
  _ weights: UnsafePointer<W>, outputs: Int, _ x: UnsafePointer<Float>, rows: Int, length: Int
) -> TileSums {
  rows == 1
    ? oneRow(weights, outputs, x, length) : threeRows(weights, outputs, x, rows, length)
}

/// Pointers to 4 rows of weights; those beyond `outputs` repeat the last.
@inline(__always)
private func fourRows<W>(
  _ weights: UnsafePointer<W>, _ outputs: Int, _ length: Int
) -> (UnsafePointer<W>, UnsafePointer<W>, UnsafePointer<W>, UnsafePointer<W>) {
  (
    weights, weights + min(1, outputs - 1) * length, weights + min(2, outputs - 1) * length,
    weights + min(3, outputs - 1) * length
  )
}

/// The four sums, and what is left of the rows behind the last full vector.
@inline(__always)
private func total<W: LaneWeight>(
  _ s0: Lanes, _ s1: Lanes, _ s2: Lanes, _ s3: Lanes,
  _ w: (UnsafePointer<W>, UnsafePointer<W>, UnsafePointer<W>, UnsafePointer<W>),
  _ x: UnsafePointer<Float>, _ rest: Range<Int>
) -> SIMD4<Float> {
  var sums = SIMD4(s0.sum(), s1.sum(), s2.sum(), s3.sum())
  for k in rest {
    let weights = SIMD4(w.0[k].float, w.1[k].float, w.2[k].float, w.3[k].float)
    sums = sums.addingProduct(weights, SIMD4(repeating: x[k]))
  }
  return sums
}

private func oneRow<W: LaneWeight>(
  _ weights: UnsafePointer<W>, _ outputs: Int, _ x: UnsafePointer<Float>, _ length: Int
) -> TileSums {
  let w = fourRows(weights, outputs, length)
  var s0 = Lanes.zero, s1 = Lanes.zero, s2 = Lanes.zero, s3 = Lanes.zero
  var k = 0
  while k + laneCount <= length {
    let input = load(x + k)
    s0 = s0.addingProduct(W.lanes(w.0 + k), input)
    s1 = s1.addingProduct(W.lanes(w.1 + k), input)
    s2 = s2.addingProduct(W.lanes(w.2 + k), input)
    s3 = s3.addingProduct(W.lanes(w.3 + k), input)
    k += laneCount
  }
  return [total(s0, s1, s2, s3, w, x, k..<length), .zero, .zero]
}

private func threeRows<W: LaneWeight>(
  _ weights: UnsafePointer<W>, _ outputs: Int, _ x: UnsafePointer<Float>, _ rows: Int,
  _ length: Int
) -> TileSums {
  let w = fourRows(weights, outputs, length)
  let x1 = x + length, x2 = x + min(2, rows - 1) * length
  var a0 = Lanes.zero, a1 = Lanes.zero, a2 = Lanes.zero, a3 = Lanes.zero
  var b0 = Lanes.zero, b1 = Lanes.zero, b2 = Lanes.zero, b3 = Lanes.zero
  var c0 = Lanes.zero, c1 = Lanes.zero, c2 = Lanes.zero, c3 = Lanes.zero
  var k = 0
  while k + laneCount <= length {
    let (i0, i1, i2) = (load(x + k), load(x1 + k), load(x2 + k))
    accumulate(W.lanes(w.0 + k), i0, i1, i2, &a0, &b0, &c0)
    accumulate(W.lanes(w.1 + k), i0, i1, i2, &a1, &b1, &c1)
    accumulate(W.lanes(w.2 + k), i0, i1, i2, &a2, &b2, &c2)
    accumulate(W.lanes(w.3 + k), i0, i1, i2, &a3, &b3, &c3)
    k += laneCount
  }
  return [
    total(a0, a1, a2, a3, w, x, k..<length), total(b0, b1, b2, b3, w, x1, k..<length),
    total(c0, c1, c2, c3, w, x2, k..<length),
  ]
}

/// One vector of weights times three of inputs.
@inline(__always)
private func accumulate(
  _ weights: Lanes, _ i0: Lanes, _ i1: Lanes, _ i2: Lanes, _ s0: inout Lanes, _ s1: inout Lanes,
  _ s2: inout Lanes
) {
  s0 = s0.addingProduct(weights, i0)
  s1 = s1.addingProduct(weights, i1)
  s2 = s2.addingProduct(weights, i2)
}
