/// Random numbers that depend on a key alone (SplitMix64: Steele, Lea and Flood, 2014), so that
/// any case can be repeated by itself.
struct RandomNumbers {
  private var state: UInt64

  init(_ key: UInt64...) {
    state = 0
    for part in key { state = Self.mix(state ^ Self.mix(part &+ 0x9E37_79B9_7F4A_7C15)) }
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return Self.mix(state)
  }

  mutating func integer(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[integer(0...choices.count - 1)]
  }

  /// Nearly normal, of mean 0 and variance 1: the sum of four numbers of 16 bits.
  mutating func normal() -> Float {
    let bits = next()
    var sum = 0
    for k in 0..<4 { sum += Int(bits >> (16 * UInt64(k)) & 0xFFFF) }
    return Float(Double(sum - 2 * 65535) / 65536 * 1.732_050_8)
  }

  /// `0..<count` in a random order.
  mutating func shuffled(_ count: Int) -> [UInt32] {
    var list = Array(0..<UInt32(count))
    for index in stride(from: count - 1, to: 0, by: -1) {
      list.swapAt(index, integer(0...index))
    }
    return list
  }
}
