/// Kinds of numbers that a model is tried on, the likeliest to tell something first: some models
/// take pixels from 0 to 255, and some answer the same to whatever is loud.
enum ProbeInputs: CaseIterable {
  /// From 0 to 1.
  case noise
  /// Within 0.05 of 0.5.
  case faint
  /// From 0 to 0.1.
  case dark
  /// From 0 to 0.01.
  case black
  /// From 0 to 255.
  case pixels
  /// From -1 to 1.
  case signed

  /// Whether each number is a byte by 255, as those of a self-test are.
  var areBytes: Bool {
    switch self {
    case .noise, .faint, .dark, .black: true
    case .pixels, .signed: false
    }
  }

  /// The byte, by 255, that stands for a random one; of a kind that is of bytes.
  func byte(_ random: UInt8) -> UInt8 {
    switch self {
    case .faint: 115 + random / 10
    case .dark: random / 10
    case .black: random / 100
    case .noise, .pixels, .signed: random
    }
  }

  /// The number for a random byte.
  func number(_ random: UInt8) -> Float {
    switch self {
    case .noise, .faint, .dark, .black: Float(byte(random)) / 255
    case .pixels: Float(random)
    case .signed: Float(random) / 127.5 - 1
    }
  }

  /// `count` random bytes, the same ones everywhere (Sebastiano Vigna's splitmix64).
  static func random(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return UInt8(truncatingIfNeeded: z >> 56)
    }
  }
}
