import Glibc

/// Arithmetic on several operands, broadcast.
let arithmeticOperators: [String: OperatorImport] = [
  "Add": arithmetic(+, { $0 &+ $1 }, "add"),
  "Sub": arithmetic(-, { $0 &- $1 }, "sub"),
  "Mul": arithmetic(*, { $0 &* $1 }, "mul"),
  "Div": OperatorImport(
    { call in [try broadcast(call.input(0), call.input(1), (/), divided)] },
    { call in
      let quotient = try call.binary("div", call.operand(0), call.operand(1))
      return [
        .value(
          quotient.type.isFloating
            ? quotient : try call.wrapped(call.truncated(quotient)))
      ]
    }),
  "Pow": OperatorImport(
    { call in
      let base = try call.input(0)
      var result = try broadcast(
        floating(base), floating(call.input(1)),
        { Float(pow(Double($0), Double($1))) }, { a, _ in a })
      if base.type.isFloating { return [result.typed(base.type)] }
      result = HostTensor(
        base.type, result.shape,
        integers: result.floats.map { Int64(exactly: $0.rounded(.towardZero)) ?? 0 })
      return [result]
    },
    { call in
      if case .known(let known) = try call.operand(1), case .value(let x) = try call.operand(0),
        known.two == nil, known.one.asFloats == [2], known.one.shape.count <= x.rank
      {
        return [.value(try call.power(x, 2))]
      }
      guard try call.operand(0).type.wrapping == nil else {
        throw ImportError("powers of \(try call.operand(0).type) are not supported")
      }
      let power = try call.binary("pow", call.operand(0), call.operand(1))
      return [.value(power.type.isFloating ? power : try call.truncated(power))]
    }),
  "PRelu": OperatorImport(
    { call in
      let x = try call.input(0)
      let slope = slopes(try call.input(1), call.opset, rank: x.shape.count)
      return [
        try broadcast(x, slope, { $0 < 0 ? $0 * $1 : $0 }, { $0 < 0 ? $0 &* $1 : $0 })
      ]
    },
    { call in
      let x = try call.value(0)
      var slope = try call.operand(1)
      if case .known(let known) = slope, call.opset < 7 {
        slope = .known(Known(slopes(try known.fixed("the slope"), call.opset, rank: x.rank)))
      }
      return [.value(try call.binary("prelu", .value(x), slope))]
    }),
  "Mod": OperatorImport(
    { call in
      let isC = try call.node.integer("fmod", 0) == 1
      return [
        try broadcast(
          call.input(0), call.input(1), fmodf,
          { a, b in
            if b == 0 || b == -1 { return 0 }
            let rest = a % b
            return isC || rest == 0 || (rest < 0) == (b < 0) ? rest : rest + b
          })
      ]
    },
    { call in
      let (a, b) = (try call.operand(0), try call.operand(1))
      let quotient = try call.binary("div", a, b)
      let isC = try call.node.integer("fmod", 0) == 1
      let whole =
        isC ? try call.truncated(quotient) : try call.lowering.elementwise("floor", quotient)
      let product = try call.binary("mul", .value(whole), b)
      return [.value(try call.binary("sub", a, .value(product)))]
    }),
  "Max": chain({ $0.isNaN || $0 > $1 ? $0 : $1 }, { max($0, $1) }, "maximum"),
  "Min": chain({ $0.isNaN || $0 < $1 ? $0 : $1 }, { min($0, $1) }, "minimum"),
  "Sum": chain(+, { $0 &+ $1 }, "add"),
  "Mean": OperatorImport(
    { call in
      let sum = try folded(call, +, { $0 &+ $1 })
      return [mapped(sum) { $0 / Double(call.inputs.count) }]
    },
    { call in
      guard case .value(let sum) = try chained(call, "add") else { return [] }
      return [.value(try call.scaled(sum, by: 1 / Double(call.inputs.count)))]
    }),
  "Neg": OperatorImport(
    { call in
      var x = try call.input(0)
      x.floats = x.floats.map { -$0 }
      x.integers = x.integers.map { x.type.wrap(0 &- $0) }
      return [x]
    },
    { call in
      let negative = try call.scaled(try call.value(0), by: -1)
      return [.value(try call.wrapped(negative))]
    }),
  "Reciprocal": OperatorImport(
    { call in [mapped(try call.input(0)) { 1 / $0 }] },
    { call in [.value(try call.binary("div", .scalar(1), call.operand(0)))] }),
  "Sign": OperatorImport(
    { call in [mapped(try call.input(0)) { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }] },
    { call in
      let x = try call.operand(0)
      let above = try call.binary("less", .scalar(0), x)
      let below = try call.binary("less", x, .scalar(0))
      return [.value(try call.binary("sub", .value(above), .value(below), type: x.type))]
    }),
]

extension NodeLowering {
  /// Without what stands behind the point.
  func truncated(_ value: Value) throws -> Value {
    let isNegative = try binary("less", .value(value), .scalar(0), type: .bool)
    let up = try lowering.elementwise("ceil", value)
    let down = try lowering.elementwise("floor", value)
    return try select(.value(isNegative), .value(up), .value(down))
  }
}

/// Up to operator set 6 a list of slopes is one for each channel.
private func slopes(_ slope: HostTensor, _ opset: Int, rank: Int) -> HostTensor {
  guard opset < 7, slope.shape.count == 1, slope.count > 1, rank > 2 else { return slope }
  return slope.reshaped([slope.count] + Array(repeating: 1, count: rank - 2))
}

/// ONNX divides whole numbers as C does.
private func divided(_ a: Int64, _ b: Int64) -> Int64 {
  b == 0 || (a == .min && b == -1) ? 0 : a / b
}

private func floating(_ tensor: HostTensor) -> HostTensor {
  tensor.type.isFloating ? tensor : HostTensor(tensor.shape, floats: tensor.asFloats)
}

private func arithmetic(
  _ floats: @escaping (Float, Float) -> Float, _ integers: @escaping (Int64, Int64) -> Int64,
  _ row: String
) -> OperatorImport {
  OperatorImport(
    { call in [try broadcast(call.input(0), call.input(1), floats, integers)] },
    { call in
      let (a, b) = (try call.operand(0), try call.operand(1))
      if row == "mul", a.type.byteCount == 2, a.type.wrapping != nil {
        return [.value(try call.wrappedProduct(a, b))]
      }
      let result = try call.binary(row, a, b)
      return [.value(try call.wrapped(result, after: row))]
    })
}

/// An operator on any number of operands, one after the other.
private func chain(
  _ floats: @escaping (Float, Float) -> Float, _ integers: @escaping (Int64, Int64) -> Int64,
  _ row: String
) -> OperatorImport {
  OperatorImport(
    { call in [try folded(call, floats, integers)] }, { call in [try chained(call, row)] })
}

private func folded(
  _ call: Evaluation, _ floats: (Float, Float) -> Float, _ integers: (Int64, Int64) -> Int64
) throws -> HostTensor {
  try (1..<max(1, call.inputs.count)).reduce(call.input(0)) {
    try broadcast($0, call.input($1), floats, integers)
  }
}

/// Values before constants, so that the first pair has one.
private func chained(_ call: NodeLowering, _ row: String) throws -> Operand {
  let operands = try call.inputs.indices.map { try call.operand($0) }
  guard let first = operands.firstIndex(where: { if case .value = $0 { true } else { false } })
  else { throw ImportError("all inputs are constants") }
  return try operands.indices.filter { $0 != first }.reduce(operands[first]) {
    .value(try call.wrapped(call.binary(row, $0, operands[$1]), after: row))
  }
}

/// The function of each pair of elements, shapes broadcast as ONNX does.
func broadcast(
  _ a: HostTensor, _ b: HostTensor, _ floats: (Float, Float) -> Float,
  _ integers: (Int64, Int64) -> Int64
) throws -> HostTensor {
  guard a.type.isFloating == b.type.isFloating else {
    throw ImportError("operands of types \(a.type) and \(b.type)")
  }
  let shape = try broadcastShape(a.shape, b.shape)
  if a.shape == b.shape {
    if a.type.isFloating {
      return HostTensor(shape, floats: zip(a.floats, b.floats).map { floats($0, $1) })
    }
    return HostTensor(
      a.type, shape,
      integers: zip(a.integers, b.integers).map { a.type.wrap(integers($0, $1)) })
  }
  let (left, right) = (broadcastIndexes(a.shape, to: shape), broadcastIndexes(b.shape, to: shape))
  if a.type.isFloating {
    return HostTensor(
      shape, floats: zip(left, right).map { floats(a.floats[$0], b.floats[$1]) })
  }
  return HostTensor(
    a.type, shape,
    integers: zip(left, right).map { a.type.wrap(integers(a.integers[$0], b.integers[$1])) })
}

/// Errors: the shapes do not fit.
func broadcastShape(_ a: [Int], _ b: [Int]) throws -> [Int] {
  let rank = max(a.count, b.count)
  let x = Array(repeating: 1, count: rank - a.count) + a
  let y = Array(repeating: 1, count: rank - b.count) + b
  let shape = try zip(x, y).map { left, right in
    guard left == right || left == 1 || right == 1 else {
      throw ImportError("shapes \(shapeText(a)) and \(shapeText(b)) do not fit")
    }
    return left == 1 ? right : left
  }
  _ = try checkedCount(shape)
  return shape
}

/// For each element of `shape`, the element of a tensor of shape `source` that stands there.
func broadcastIndexes(_ source: [Int], to shape: [Int]) -> [Int] {
  let strides = zip(source, rowMajorStrides(source)).map { $0 == 1 ? 0 : $1 }
  let missing = Array(repeating: 0, count: shape.count - source.count)
  return stridedIndexes(shape, strides: missing + strides)
}
