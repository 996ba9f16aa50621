import CBackendSIMD

/// As many f32 as one vector register holds.
typealias Lanes = mtl_lanes

/// Half of it.
typealias HalfLanes = mtl_half_lanes

let laneCount = Int(mtl_lane_count)

/// Whether there are 32 vector registers, or 16.
let hasManyRegisters = mtl_has_many_registers != 0

/// The lanes at any address that suits a Float.
@inline(__always)
func load(_ source: UnsafePointer<Float>) -> Lanes {
  UnsafeRawPointer(source).loadUnaligned(as: Lanes.self)
}

/// The first `count` lanes; the others are 0 and nothing beyond is touched.
@inline(__always)
func load(_ source: UnsafePointer<Float>, count: Int) -> Lanes {
  mtl_load_some(source, count)
}

@inline(__always)
func store(_ lanes: Lanes, _ target: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(target).storeBytes(of: lanes, as: Lanes.self)
}

/// Stores the first `count` lanes.
@inline(__always)
func store(_ lanes: Lanes, _ target: UnsafeMutablePointer<Float>, count: Int) {
  mtl_store_some(lanes, target, count)
}

/// Runs `body` on every full vector of `count` elements, then on what is left, if anything: it gets
/// the first index and the number of elements.
@inline(__always)
func forLanes(_ count: Int, _ body: (Int, Int) -> Void) {
  var next = 0
  while next + laneCount <= count {
    body(next, laneCount)
    next += laneCount
  }
  if next < count { body(next, count - next) }
}

/// The same for a long `body`, which is compiled once.
@inline(__always)
func forLongLanes(_ count: Int, _ body: (Int, Int) -> Void) {
  for next in stride(from: 0, to: count, by: laneCount) { body(next, min(laneCount, count - next)) }
}

/// `load` of a full vector or of a part.
@inline(__always)
func loadSome(_ source: UnsafePointer<Float>, _ count: Int) -> Lanes {
  count == laneCount ? load(source) : load(source, count: count)
}

/// `store` of a full vector or of a part.
@inline(__always)
func storeSome(_ lanes: Lanes, _ target: UnsafeMutablePointer<Float>, _ count: Int) {
  if count == laneCount { store(lanes, target) } else { store(lanes, target, count: count) }
}

/// a * b + c, rounded once or twice as the instruction set has it. (`addingProduct` always rounds
/// once, by a call per lane where there is no such instruction.)
@inline(__always)
func multiplyAdd(_ a: Lanes, _ b: Lanes, _ c: Lanes) -> Lanes { mtl_multiply_add(a, b, c) }

/// `x`, or `least` where that is greater; NaN where `x` is.
@inline(__always)
func atLeast(_ least: Lanes, _ x: Lanes) -> Lanes { mtl_at_least(least, x) }

/// `x`, or `most` where that is less; NaN where `x` is.
@inline(__always)
func atMost(_ most: Lanes, _ x: Lanes) -> Lanes { mtl_at_most(most, x) }

/// The greater lanes, NaN where one is.
@inline(__always)
func greater(_ a: Lanes, _ b: Lanes) -> Lanes { mtl_greater(a, b) }
