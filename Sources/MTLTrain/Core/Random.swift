/// Random numbers that depend on a key alone: what is drawn for an image, a step or a layer is the
/// same whichever thread draws it, and whatever was drawn before.
///
/// SplitMix64 (Steele, Lea and Flood, 2014), its start being a hash of the key.
public struct Random: RandomNumberGenerator {
  /// What the numbers are for; the first part of every key.
  public enum Purpose: UInt64 {
    case weights = 1
    case split, order, augmentation, dropout, sample, check, color, erasing, chance, mixing
  }

  private var state: UInt64

  public init(_ purpose: Purpose, _ key: UInt64...) {
    state = Random.mix(purpose.rawValue &* 0x9E37_79B9_7F4A_7C15)
    for part in key { state = Random.mix(state ^ Random.mix(part &+ 0x9E37_79B9_7F4A_7C15)) }
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  public mutating func next() -> UInt64 {
    state = state &+ 0x9E37_79B9_7F4A_7C15
    return Random.mix(state)
  }

  /// Uniform in 0 ..< 1.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform between `low` and `high`.
  public mutating func uniform(_ low: Double, _ high: Double) -> Double {
    low + (high - low) * unit()
  }

  /// Uniform in 0 ..< `count`; the bias is below `count` / 2^64.
  public mutating func below(_ count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(count)).high)
  }

  /// The numbers 0 ..< `count` in random order (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    var last = count - 1
    while last > 0 {
      order.swapAt(last, below(last + 1))
      last -= 1
    }
    return order
  }
}
