import CMTL
import MTLFormat

/// Which source pixels each target pixel is made of along one axis, and with what weights: those of
/// Pillow's `resize`, to the bit.
struct FilterAxis {
  /// Weights are in units of 2^-22.
  static let weightBits: Int32 = 22

  /// Most source pixels of a target pixel.
  let reach: Int
  private let memory: Bytes
  private let weights: UnsafeMutablePointer<Int32>
  private let ranges: UnsafeMutablePointer<SIMD2<Int>>

  /// `method` is `.antialiased` or `.bicubic`. Throws `MTLRT_E_MEMORY`.
  init(
    source: Int, target: ResizeSpan, method: Preprocessing.Resize
  ) throws(Status) {
    let step = Double(source) / Double(target.whole)
    let spread = max(step, 1)
    let support = (method == .bicubic ? 2 : 1) * spread
    reach = Int(support.rounded(.up)) * 2 + 1
    memory = try Bytes.allocate(
      target.count * (MemoryLayout<SIMD2<Int>>.stride + reach * MemoryLayout<Int32>.stride))
    let base = UnsafeMutableRawPointer(mutating: memory.view.baseAddress!)
    ranges = base.assumingMemoryBound(to: SIMD2<Int>.self)
    weights = (base + target.count * MemoryLayout<SIMD2<Int>>.stride)
      .assumingMemoryBound(to: Int32.self)
    for index in 0..<target.count {
      let center = (Double(target.first + index) + 0.5) * step
      let first = max(0, Int(center - support + 0.5))
      let end = min(source, Int(center + support + 0.5))
      ranges[index] = SIMD2(first, end)
      let own = weights + index * reach
      let place = { (k: Int) in
        Self.height(of: method, (Double(k) - center + 0.5) * (1 / spread))
      }
      var sum = 0.0
      for k in first..<end { sum += place(k) }
      for k in first..<end {
        let weight = (sum != 0 ? place(k) / sum : place(k)) * Double(1 << Self.weightBits)
        own[k - first] = Int32(weight + (weight < 0 ? -0.5 : 0.5))
      }
    }
  }

  /// The source pixels of pixel `index` of the span.
  func sources(_ index: Int) -> Range<Int> { ranges[index].x..<ranges[index].y }

  /// Their weights.
  func weights(_ index: Int) -> UnsafePointer<Int32> { UnsafePointer(weights + index * reach) }

  /// The filter's curve at `x` pixels from its center.
  private static func height(of method: Preprocessing.Resize, _ x: Double) -> Double {
    let x = abs(x)
    if method != .bicubic { return x < 1 ? 1 - x : 0 }
    let a = -0.5
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
  }
}
