/// Comparisons, logic and choice.
let comparisonOperators: [String: OperatorImport] = [
  "Equal": comparison(==, ==, "equal"),
  "Less": comparison(<, <, "less"),
  "LessOrEqual": comparison(<=, <=, "less_equal"),
  "Greater": comparison(>, >, "less", isSwapped: true),
  "GreaterOrEqual": comparison(>=, >=, "less_equal", isSwapped: true),
  "And": logic({ $0 & $1 }) { try $0.binary("mul", $1, $2) },
  "Or": logic({ $0 | $1 }) { try $0.binary("maximum", $1, $2) },
  "Xor": logic({ $0 ^ $1 }) { try $0.inverted($0.binary("equal", $1, $2)) },
  "Not": OperatorImport(
    { call in
      let x = try call.input(0)
      return [HostTensor(.bool, x.shape, integers: x.integers.map { 1 - $0 })]
    },
    { call in [.value(try call.inverted(try call.value(0)))] }),
  "Where": OperatorImport(
    { call in
      let (condition, a, b) = (try call.input(0), try call.input(1), try call.input(2))
      let shape = try broadcastShape(
        condition.shape, broadcastShape(a.shape, b.shape))
      let choice = broadcastIndexes(condition.shape, to: shape).map { condition.integers[$0] != 0 }
      let (left, right) = (
        a.picking(broadcastIndexes(a.shape, to: shape), shape: shape),
        b.picking(broadcastIndexes(b.shape, to: shape), shape: shape)
      )
      guard a.type == b.type, condition.type == .bool else {
        throw ImportError("operands of types \(a.type) and \(b.type)")
      }
      var result = left
      for (index, isLeft) in choice.enumerated() where !isLeft {
        if a.type.isFloating {
          result.floats[index] = right.floats[index]
        } else {
          result.integers[index] = right.integers[index]
        }
      }
      return [result]
    },
    { call in
      [.value(try call.select(call.operand(0), call.operand(1), call.operand(2)))]
    }),
  "IsNaN": OperatorImport(
    { call in [try test(call) { $0.isNaN }] },
    { call in
      let x = try call.operand(0)
      return [.value(try call.inverted(call.binary("equal", x, x)))]
    }),
  "IsInf": OperatorImport(
    { call in
      let negative = try call.node.integer("detect_negative", 1) != 0
      let positive = try call.node.integer("detect_positive", 1) != 0
      return [try test(call) { $0.isInfinite && ($0 > 0 ? positive : negative) }]
    }, lowerIsInf),
]

private func test(_ call: Evaluation, _ holds: (Float) -> Bool) throws -> HostTensor {
  let x = try call.input(0)
  return HostTensor(.bool, x.shape, integers: x.asFloats.map { holds($0) ? 1 : 0 })
}

private func comparison(
  _ floats: @escaping (Float, Float) -> Bool, _ integers: @escaping (Int64, Int64) -> Bool,
  _ row: String, isSwapped: Bool = false
) -> OperatorImport {
  OperatorImport(
    { call in
      let result = try broadcast(
        call.input(0), call.input(1), { floats($0, $1) ? 1 : 0 }, { integers($0, $1) ? 1 : 0 })
      let truths = result.type.isFloating ? result.floats.map { Int64($0) } : result.integers
      return [HostTensor(.bool, result.shape, integers: truths)]
    },
    { call in
      let (a, b) = (try call.operand(0), try call.operand(1))
      let result = try call.binary(row, isSwapped ? b : a, isSwapped ? a : b, type: .bool)
      return [.value(result)]
    })
}

private func logic(
  _ function: @escaping (Int64, Int64) -> Int64,
  _ lower: @escaping (NodeLowering, Operand, Operand) throws -> Value
) -> OperatorImport {
  OperatorImport(
    { call in [try broadcast(call.input(0), call.input(1), { a, _ in a }, function)] },
    { call in [.value(try lower(call, call.operand(0), call.operand(1)))] })
}

private func lowerIsInf(_ call: NodeLowering) throws -> [Operand] {
  let negative = try call.node.integer("detect_negative", 1) != 0
  let positive = try call.node.integer("detect_positive", 1) != 0
  let x = try call.value(0)
  let subject = negative && positive ? try call.lowering.elementwise("abs", x) : x
  if !negative && !positive { return [.value(try call.binary("less", .value(x), .value(x)))] }
  let bound: Float = positive ? .infinity : -.infinity
  return [.value(try call.binary("equal", .value(subject), .scalar(bound), type: .bool))]
}
