/// What lowering is put together from.
extension NodeLowering {
  /// A row on two operands, broadcast; at least one is a value.
  func binary(_ row: String, _ a: Operand, _ b: Operand, type: DataType? = nil) throws -> Value {
    // Operator set 6 asks for broadcasting, which is always done since.
    if opset < 7 { node.ignore("broadcast") }
    let (frame, tensors) = try lowering.aligned([a, b])
    let result = try builder.node(row, tensors.map { $0 })
    return frame.value(result, type: type ?? a.type)
  }

  /// `condition` not 0: `a`, else `b`.
  func select(
    _ condition: Operand, _ a: Operand, _ b: Operand, type: DataType? = nil
  ) throws -> Value {
    let (frame, tensors) = try lowering.aligned([condition, a, b])
    return frame.value(try builder.node("select", tensors.map { $0 }), type: type ?? a.type)
  }

  /// `value * factor`
  func scaled(_ value: Value, by factor: Double) throws -> Value {
    if factor == 1 { return value }
    return try binary("mul", .value(value), .scalar(Float(factor)))
  }

  /// `1 - value`, for bools.
  func inverted(_ value: Value) throws -> Value {
    try binary("sub", .scalar(1), .value(value), type: .bool)
  }
}

extension Operand {
  /// A constant of one element.
  static func scalar(_ value: Float) -> Operand { .known(Known(HostTensor(scalar: value))) }
}
