/// Whole numbers that wrap around while the model runs. Numbers of a model file are floats, which
/// hold whole numbers of up to 24 bits.
extension NodeLowering {
  /// The result of `row`, "add", "sub" or "mul", on whole numbers as its type has it.
  ///
  /// Errors: floats cannot hold what it would wrap.
  func wrapped(_ value: Value, after row: String) throws -> Value {
    switch row {
    case "add": return try wrapped(value)
    case "sub":
      guard value.type != .uint32, value.type != .uint64 else {
        throw ImportError(
          "differences of \(value.type) wrap around, which floats cannot hold; cast it to int64")
      }
      return try wrapped(value)
    case "mul": return try wrapped(value)
    default: return value
    }
  }

  /// Numbers of less than 2^24, or more than its negative, as the type has them; types of more than
  /// 16 bits are left as they are.
  func wrapped(_ value: Value) throws -> Value {
    guard let range = value.type.wrapping else { return value }
    let lowest = Float(range.lowerBound)
    let count = Float(range.upperBound - range.lowerBound + 1)
    guard lowest != 0 else { return try rest(value, count) }
    let risen = try binary("sub", .value(value), .scalar(lowest))
    return try binary("add", .value(rest(risen, count)), .scalar(lowest), type: value.type)
  }

  /// What is left of whole numbers below 2^24 above multiples of `count`, a power of 2.
  private func rest(_ value: Value, _ count: Float) throws -> Value {
    let surplus = try binary("mul", .value(multiples(value, count)), .scalar(count))
    return try binary("sub", .value(value), .value(surplus), type: value.type)
  }

  private func multiples(_ value: Value, _ count: Float) throws -> Value {
    try lowering.elementwise("floor", binary("mul", .value(value), .scalar(1 / count)))
  }

  /// The product of numbers of 16 bits. No step has more than 24: the second factor is taken byte
  /// by byte.
  func wrappedProduct(_ a: Operand, _ b: Operand) throws -> Value {
    let left = try unsigned(a)
    let bytes = try halves(unsigned(b))
    let low = try binary("mul", left, bytes.low)
    let high = try rest(binary("mul", left, bytes.high), 256)
    let sum = try binary(
      "add", .value(rest(low, 65536)), .value(binary("mul", .value(high), .scalar(256))))
    var result = try rest(sum, 65536)
    result.type = a.type
    return try wrapped(result)
  }

  /// Numbers of 16 bits as those that the same bits are without a sign.
  private func unsigned(_ operand: Operand) throws -> Operand {
    switch operand {
    case .value(let value): return .value(try rest(value, 65536))
    case .known(let known):
      let tensor = try lowering.uniform(known)
      let floats = tensor.integers.map { Float($0 & 0xFFFF) }
      return .known(Known(HostTensor(tensor.shape, floats: floats)))
    }
  }

  private func halves(_ operand: Operand) throws -> (low: Operand, high: Operand) {
    switch operand {
    case .value(let value):
      return (.value(try rest(value, 256)), .value(try multiples(value, 256)))
    case .known(let known):
      let (shape, floats) = (known.one.shape, known.one.floats)
      let high = floats.map { ($0 / 256).rounded(.down) }
      let low = zip(floats, high).map { $0 - $1 * 256 }
      return (
        .known(Known(HostTensor(shape, floats: low))),
        .known(Known(HostTensor(shape, floats: high)))
      )
    }
  }
}

extension DataType {
  /// The numbers of a type of so few bits that floats hold sums of them, and their wrapping around
  /// is computed.
  var wrapping: ClosedRange<Int64>? {
    switch self {
    case .uint8, .int8, .uint16, .int16: range
    default: nil
    }
  }

  /// Whether every number of `other` is one of this type, too; of types with a range.
  func holds(_ other: DataType) -> Bool {
    if other == .bool { return true }
    guard let own = range, let found = other.range else { return false }
    return own.contains(found.lowerBound) && own.contains(found.upperBound)
  }
}
