import MTLFormat

/// What the tensors of a case are filled with.
enum InputClass: Int, CaseIterable {
  /// Small whole numbers: every sum of products is exact, whatever its order.
  case integers
  /// Nearly normal numbers.
  case random
  /// As random, with NaN, infinities, subnormals, zeros of both signs and huge numbers among the
  /// values, and zeros, subnormals and large numbers among the constants.
  case hostile

  var name: String { "\(self)" }

  /// An element of a value.
  func value(_ random: inout RandomNumbers) -> Float {
    switch self {
    case .integers: return Float(random.integer(-4...4))
    case .random: return random.normal()
    case .hostile:
      let odd: [Float] = [
        .nan, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNormalMagnitude / 4, -0.0, 0,
        1e30, -1e30, 100, -100,
      ]
      let pick = random.integer(0...255)
      return pick < odd.count ? odd[pick] : random.normal()
    }
  }

  /// An element of a f32 or f16 constant.
  func constant(_ random: inout RandomNumbers) -> Float {
    switch self {
    case .integers: return Float(random.integer(-3...3))
    case .random: return random.normal()
    case .hostile:
      let odd: [Float] = [-0.0, 0, .leastNonzeroMagnitude, 50, -50]
      let pick = random.integer(0...63)
      return pick < odd.count ? odd[pick] : random.normal()
    }
  }

  /// A scale of a row of an i8 or i16 constant whose largest element is `most`.
  func scale(_ random: inout RandomNumbers, most: Int) -> Float {
    self == .integers
      ? Float(1 << random.integer(0...2)) : (abs(random.normal()) + 0.5) / Float(most)
  }

  /// The largest magnitude of a stored integer of this type.
  func mostStored(_ type: ElementType) -> Int {
    self == .integers ? 3 : type == .i8 ? 127 : 32767
  }
}
