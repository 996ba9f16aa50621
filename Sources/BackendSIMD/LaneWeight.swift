import BackendKit
import CBackendSIMD

/// A weight that is loaded by vectors.
protocol LaneWeight: Weight {
  /// A vector of weights as numbers, before their row's scale.
  static func lanes(_ weights: UnsafePointer<Self>) -> Lanes
}

extension LaneWeight {
  /// The first `count` lanes; the others are 0 and nothing beyond is touched.
  @inline(never)
  static func lanes(_ weights: UnsafePointer<Self>, count: Int) -> Lanes {
    var bytes = InlineArray<64, UInt8>(repeating: 0)
    return withUnsafeMutablePointer(to: &bytes) {
      let whole = UnsafeMutableRawPointer($0)
      memcpy(whole, weights, count * MemoryLayout<Self>.stride)
      return lanes(whole.assumingMemoryBound(to: Self.self))
    }
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
