import CMTL

/// What a test fills its tensors with.
enum InputClass: CaseIterable {
  /// Small integers: every sum is exact, so that results agree bit for bit.
  case integers
  /// Numbers from -1 to 1.
  case random
  /// As random, with NaN, infinities, subnormals, zeros of both signs and large numbers among the
  /// values; constants are random. Buffers end where a page that cannot be touched begins.
  case hostile
}

/// SplitMix64: the same numbers in every run.
struct Random {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func integer(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  /// From -1 to 1.
  mutating func signed() -> Float { Float(integer(-(1 << 20)...1 << 20)) / Float(1 << 20) }

  /// An element of a value.
  mutating func value(_ kind: InputClass) -> Float {
    switch kind {
    case .integers: return Float(integer(-4...4))
    case .random: return signed()
    case .hostile:
      let odd: [Float] = [
        .nan, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNormalMagnitude / 4, -0.0, 0,
        1e30, -1e30, 100, -100,
      ]
      let pick = integer(0...63)
      return pick < odd.count ? odd[pick] : signed()
    }
  }
}

extension TestTensor {
  /// Gives a constant elements of its type.
  mutating func fill(_ kind: InputClass, _ random: inout Random) {
    let exact = kind == .integers
    switch type {
    case MTLRT_I8, MTLRT_I16:
      let most = exact ? 3 : type == MTLRT_I8 ? 127 : 32767
      let integers = (0..<count).map { _ in random.integer(-most...most) }
      scales = (0..<shape[0]).map { _ in
        exact ? Float(1 << random.integer(0...2)) : (random.signed() + 1.5) / Float(most)
      }
      stored = integers.flatMap { integer in
        type == MTLRT_I8
          ? [UInt8(bitPattern: Int8(integer))]
          : withUnsafeBytes(of: Int16(integer)) { Array($0) }
      }
      let row = count / shape[0]
      numbers = integers.indices.map { Double(integers[$0]) * Double(scales[$0 / row]) }
    case MTLRT_I32:
      // Some lie beyond the axis, where its end is meant.
      let integers = (0..<count).map { _ in Int32(random.integer(-1...limit)) }
      stored = integers.flatMap { withUnsafeBytes(of: $0) { Array($0) } }
      numbers = integers.map { Double($0) }
    case MTLRT_F16:
      let halves = (0..<count).map { _ in
        exact ? Float16(random.integer(-3...3)) : Float16(random.signed())
      }
      stored = halves.flatMap { withUnsafeBytes(of: $0) { Array($0) } }
      numbers = halves.map { Double($0) }
    default:
      set((0..<count).map { _ in Double(exact ? Float(random.integer(-3...3)) : random.signed()) })
    }
  }

  /// Sets the elements of a f32 constant.
  mutating func set(_ newNumbers: [Double]) {
    numbers = newNumbers.map { Double(Float($0)) }
    stored = numbers.flatMap { withUnsafeBytes(of: Float($0)) { Array($0) } }
  }
}
