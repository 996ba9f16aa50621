import MTLFormat

/// The elements of a constant as a file stores them, and its scales.
struct ConstantElements {
  var stored: [UInt8]
  var scales: [Float] = []

  /// Random elements of `kind`.
  init(_ tensor: CaseTensor, _ kind: InputClass, _ random: inout RandomNumbers) {
    switch tensor.type {
    case .i8, .i16:
      let most = kind.mostStored(tensor.type)
      let integers = (0..<tensor.count).map { _ in Int16(random.integer(-most...most)) }
      scales = (0..<tensor.shape[0]).map { _ in kind.scale(&random, most: most) }
      stored =
        tensor.type == .i8
        ? integers.map { UInt8(bitPattern: Int8($0)) } : Self.bytes(of: integers)
    case .i32:
      stored = Self.bytes(
        of: (0..<tensor.count).map { _ in Int32(random.integer(0...tensor.limit - 1)) })
    case .f16:
      stored = Self.bytes(
        of: (0..<tensor.count).map { _ in Self.half(kind.constant(&random)) })
    default:
      stored = Self.bytes(
        of: (0..<tensor.count).map { _ in
          let number = kind.constant(&random)
          return tensor.sign == .positive ? abs(number) + 0.5 : number
        })
    }
  }

  /// The magnitudes of the elements of `source`, or for a constant that is subtracted what is less
  /// than 0 by them: an operator on such constants and on magnitudes of values computes the sum of
  /// the magnitudes of its terms.
  init(magnitudesOf source: ConstantElements, _ tensor: CaseTensor) {
    self = source
    switch tensor.type {
    case .i8:
      for index in stored.indices { stored[index] = Int8(bitPattern: stored[index]).magnitude }
    case .i16:
      stored = Self.bytes(
        of: source.stored.withUnsafeBytes { $0.bindMemory(to: Int16.self).map(\.magnitude) })
    case .i32: break
    case .f16:
      for index in stride(from: 1, to: stored.count, by: 2) { stored[index] &= 0x7F }
    default:
      let isSubtracted = tensor.sign == .subtracted
      stored = Self.bytes(
        of: source.stored.withUnsafeBytes {
          $0.bindMemory(to: Float.self).map { isSubtracted ? -abs($0) : abs($0) }
        })
    }
  }

  /// The largest magnitude among the elements, which are f32.
  var largest: Float {
    stored.withUnsafeBytes { $0.bindMemory(to: Float.self).reduce(0) { max($0, abs($1)) } }
  }

  private static func bytes<Element>(of elements: [Element]) -> [UInt8] {
    elements.withUnsafeBytes { Array($0) }
  }

  /// Bits of the binary16 next to `number` towards 0; what is below its normal range becomes
  /// subnormal. `number` is smaller than 65504.
  private static func half(_ number: Float) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: number.bitPattern >> 16) & 0x8000
    let size = abs(number)
    if size < 0x1p-14 { return sign | UInt16(size * 0x1p24) }
    let bits = size.bitPattern
    return sign | UInt16(truncatingIfNeeded: (bits >> 23) - 112) << 10
      | UInt16(truncatingIfNeeded: bits >> 13 & 1023)
  }
}
