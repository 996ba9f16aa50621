/// Constants, casts, and what is only ever computed beforehand.
let constantOperators: [String: OperatorImport] = [
  "Constant": OperatorImport({ call in [try constant(call.node)] }),
  "ConstantOfShape": OperatorImport({ call in
    let shape = try call.input(0).asIntegers("the shape")
    let count = try checkedCount(shape)
    let value = try call.node.tensor("value") ?? HostTensor([1], floats: [0])
    guard value.count == 1 else { throw ImportError("attribute value has \(value.count) elements") }
    return [value.picking(Array(repeating: 0, count: count), shape: shape)]
  }),
  "Range": OperatorImport({ call in
    let (start, limit, delta) = (
      try call.input(0), try call.input(1), try call.input(2)
    )
    guard [start, limit, delta].allSatisfy({ $0.count == 1 }) else {
      throw ImportError("its inputs are not numbers")
    }
    let step = Double(delta.asFloats[0])
    let span = (Double(limit.asFloats[0]) - Double(start.asFloats[0])) / step
    guard step != 0, span.isFinite, span < Double(HostTensor.countMost) else {
      throw ImportError("a range of \(span) elements")
    }
    let count = max(0, Int(span.rounded(.up)))
    if start.type.isFloating {
      return [
        HostTensor(
          [count], floats: (0..<count).map { start.floats[0] + Float($0) * delta.floats[0] })
      ]
    }
    return [
      HostTensor(
        start.type, [count],
        integers: (0..<count).map { start.integers[0] &+ Int64($0) &* delta.integers[0] })
    ]
  }),
  "Cast": OperatorImport(
    { call in
      call.node.ignore("saturate", "round_mode")
      return [try cast(call.input(0), to: castType(call.node))]
    },
    { call in
      call.node.ignore("saturate", "round_mode")
      return [.value(try cast(call, call.value(0), to: castType(call.node)))]
    }),
  "CastLike": OperatorImport(
    { call in
      call.node.ignore("saturate", "round_mode")
      return [cast(try call.input(0), to: try call.input(1).type)]
    },
    { call in
      call.node.ignore("saturate", "round_mode")
      let type = try call.operand(1).type
      guard case .known(let known) = try call.operand(0) else {
        return [.value(try cast(call, call.value(0), to: type))]
      }
      return [
        .known(
          Known(one: cast(known.one, to: type), two: cast(known.two ?? known.one, to: type)))
      ]
    }),
  "NonZero": OperatorImport({ call in
    let x = try call.input(0)
    let found = x.asFloats.indices.filter { x.asFloats[$0] != 0 }
    let strides = rowMajorStrides(x.shape)
    let rows = x.shape.indices.flatMap { axis in
      found.map { Int64($0 / strides[axis] % x.shape[axis]) }
    }
    return [HostTensor(.int64, [x.shape.count, found.count], integers: rows)]
  }),
]

private func constant(_ node: SourceNode) throws -> HostTensor {
  if let tensor = try node.tensor("value") { return tensor }
  if let value = try node.float("value_float") { return HostTensor(scalar: value) }
  if let list = try node.floats("value_floats") { return HostTensor([list.count], floats: list) }
  if let value = try node.integer("value_int") {
    return HostTensor(.int64, [], integers: [Int64(value)])
  }
  if let list = try node.integers("value_ints") { return HostTensor(list: list) }
  throw ImportError("it holds no tensor of numbers")
}

private func castType(_ node: SourceNode) throws -> DataType {
  try elementType(node.integer("to", 0))
}

/// Errors: there are no tensors of such numbers here.
func elementType(_ number: Int) throws -> DataType {
  guard let raw = Int32(exactly: number), let type = DataType(rawValue: raw), type != .string else {
    throw ImportError("\(elementTypeText(Int64(number))) is not supported")
  }
  return type
}

private func cast(_ x: HostTensor, to type: DataType) -> HostTensor {
  switch (x.type.isFloating, type.isFloating) {
  // A model in halves is computed in floats: what it means, less its rounding.
  case (true, true): return x.typed(type)
  case (false, true): return HostTensor(x.shape, floats: x.asFloats).typed(type)
  case (false, false):
    return HostTensor(type, x.shape, integers: x.integers.map { type.wrap($0) })
  case (true, false):
    let wholes = x.floats.map { value -> Int64 in
      if type == .bool { return value == 0 ? 0 : 1 }
      return type.wrap(Int64(exactly: value.rounded(.towardZero)) ?? 0)
    }
    return HostTensor(type, x.shape, integers: wholes)
  }
}

/// Numbers of a model file are floats: bools are 0 and 1, whole numbers have nothing behind the
/// point, and of the floating types none is rounded.
private func cast(_ call: NodeLowering, _ x: Value, to type: DataType) throws -> Value {
  var value = x
  if type == .bool && x.type != .bool {
    let isZero = try call.binary("equal", .value(x), .scalar(0), type: .bool)
    value = try call.inverted(isZero)
  } else if x.type.isFloating && !type.isFloating {
    value = try call.truncated(x)
  }
  value.type = type
  guard type.wrapping != nil, !type.holds(x.type) else { return value }
  return try call.wrapped(value)
}
