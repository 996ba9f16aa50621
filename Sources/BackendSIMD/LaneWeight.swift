import BackendKit
import CBackendSIMD

/// A weight that is loaded by vectors.
protocol LaneWeight: Weight {
  /// A vector of weights as numbers, before their row's scale.
  static func lanes(_ weights: UnsafePointer<Self>) -> Lanes
}

extension LaneWeight {
  /// The first `count` lanes; the others are 0 and nothing beyond is touched.
  static func lanes(_ weights: UnsafePointer<Self>, count: Int) -> Lanes {
    var lanes = Lanes.zero
    for lane in 0..<count { lanes[lane] = weights[lane].float }
    return lanes
  }
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
