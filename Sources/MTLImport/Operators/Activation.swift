import Glibc

/// Functions of each element alone.
let activationOperators: [String: OperatorImport] = [
  "Relu": unary({ $0 < 0 ? 0 : $0 }, "relu"),
  "Sigmoid": unary({ 1 / (1 + exp(-$0)) }, "sigmoid"),
  "Tanh": unary(tanh, "tanh"),
  "Erf": unary(erf, "erf"),
  "Exp": unary(exp, "exp"),
  "Log": unary(log, "log"),
  "Sqrt": unary({ $0.squareRoot() }, "sqrt"),
  "Floor": unary({ $0.rounded(.down) }, "floor"),
  "Ceil": unary({ $0.rounded(.up) }, "ceil"),
  "Round": unary({ $0.rounded(.toNearestOrEven) }, "round"),
  "Softplus": unary({ max($0, 0) + log1p(exp(-abs($0))) }, "softplus"),
  "HardSwish": unary({ $0 * min(1, max(0, $0 / 6 + 0.5)) }, "hard_swish"),
  "Sin": unary(sin, "sin"),
  "Cos": unary(cos, "cos"),
  "Tan": unary(tan, "tan"),
  "Asin": unary(asin, "asin"),
  "Acos": unary(acos, "acos"),
  "Atan": unary(atan, "atan"),
  "Sinh": unary(sinh, "sinh"),
  "Cosh": unary(cosh, "cosh"),
  "Asinh": unary(asinh, "asinh"),
  "Acosh": unary(acosh, "acosh"),
  "Atanh": unary(atanh, "atanh"),
  "Abs": OperatorImport(
    { call in
      var x = try call.input(0)
      x.floats = x.floats.map { abs($0) }
      x.integers = x.integers.map { x.type.wrap($0 < 0 ? 0 &- $0 : $0) }
      return [x]
    },
    { call in
      let size = try call.lowering.elementwise("abs", try call.value(0))
      return [.value(try call.wrapped(size))]
    }),
  "LeakyRelu": parametric(
    { node in
      let alpha = Double(try node.float("alpha", 0.01))
      return { $0 < 0 ? alpha * $0 : $0 }
    },
    { call in
      let alpha = Double(try call.node.float("alpha", 0.01))
      return try elementwise(call, "leaky_relu", [.float(alpha)])
    }),
  "Elu": parametric(
    { node in
      let alpha = Double(try node.float("alpha", 1))
      return { $0 < 0 ? alpha * expm1($0) : $0 }
    },
    { call in
      try elementwise(call, "elu", [.float(Double(try call.node.float("alpha", 1)))])
    }),
  "Selu": parametric(
    { node in
      let (alpha, gamma) = try seluParameters(node)
      return { gamma * ($0 < 0 ? alpha * expm1($0) : $0) }
    },
    { call in
      let (alpha, gamma) = try seluParameters(call.node)
      let scaled = try call.lowering.elementwise("elu", try call.value(0), [.float(alpha)])
      return [.value(try call.scaled(scaled, by: gamma))]
    }),
  "Celu": parametric(
    { node in
      let alpha = Double(try node.float("alpha", 1))
      return { $0 < 0 ? alpha * expm1($0 / alpha) : $0 }
    },
    { call in
      let alpha = Double(try call.node.float("alpha", 1))
      let inner = try call.scaled(try call.value(0), by: 1 / alpha)
      let value = try call.lowering.elementwise("elu", inner, [.float(1)])
      return [.value(try call.scaled(value, by: alpha))]
    }),
  "HardSigmoid": parametric(
    { node in
      let alpha = Double(try node.float("alpha", 0.2))
      let beta = Double(try node.float("beta", 0.5))
      return { max(0, min(1, alpha * $0 + beta)) }
    },
    { call in
      let alpha = Double(try call.node.float("alpha", 0.2))
      let beta = Double(try call.node.float("beta", 0.5))
      return try elementwise(call, "hard_sigmoid", [.float(alpha), .float(beta)])
    }),
  "ThresholdedRelu": parametric(
    { node in
      let alpha = Double(try node.float("alpha", 1))
      return { $0 > alpha ? $0 : 0 }
    },
    { call in
      let x = try call.value(0)
      let above = try call.binary(
        "less", .known(Known(HostTensor(scalar: try call.node.float("alpha", 1)))), .value(x))
      return [.value(try call.select(.value(above), .value(x), .scalar(0)))]
    }),
  "Gelu": parametric(
    { node in
      if try isTanhForm(node) {
        return { $0 / 2 * (1 + tanh(0.7978845608028654 * ($0 + 0.044715 * $0 * $0 * $0))) }
      }
      return { $0 / 2 * (1 + erf($0 / 2.squareRoot())) }
    },
    { call in
      try elementwise(call, "gelu", [.integer(try isTanhForm(call.node) ? 1 : 0)])
    }),
  "Mish": OperatorImport(
    { call in
      [try mapped(call.input(0)) { $0 * tanh(max($0, 0) + log1p(exp(-abs($0)))) }]
    },
    { call in
      let x = try call.value(0)
      let soft = try call.lowering.elementwise("softplus", x)
      let gate = try call.lowering.elementwise("tanh", soft)
      return [.value(try call.binary("mul", .value(x), .value(gate)))]
    }),
  "Swish": parametric(
    { node in
      let alpha = Double(try node.float("alpha", 1))
      return { $0 / (1 + exp(-alpha * $0)) }
    },
    { call in
      let alpha = Double(try call.node.float("alpha", 1))
      if alpha == 1 { return try elementwise(call, "silu") }
      let x = try call.value(0)
      let gate = try call.lowering.elementwise("sigmoid", try call.scaled(x, by: alpha))
      return [.value(try call.binary("mul", .value(x), .value(gate)))]
    }),
  "Softsign": OperatorImport(
    { call in [try mapped(call.input(0)) { $0 / (1 + abs($0)) }] },
    { call in
      let x = try call.value(0)
      let size = try call.binary(
        "add", .value(try call.lowering.elementwise("abs", x)), .scalar(1))
      return [.value(try call.binary("div", .value(x), .value(size)))]
    }),
  "Shrink": parametric(
    { node in
      let (bias, limit) = (
        Double(try node.float("bias", 0)), Double(try node.float("lambd", 0.5))
      )
      return { $0 < -limit ? $0 + bias : $0 > limit ? $0 - bias : 0 }
    }, lowerShrink),
  "Clip": OperatorImport(
    { call in
      let (least, most) = try clipRange(call.node, call.opset) { call.optional($0) }
      return [
        try mapped(call.input(0)) { $0.isNaN ? $0 : min(max($0, least), most) }
      ]
    },
    { call in
      let (least, most) = try clipRange(call.node, call.opset) {
        try call.optional($0, "a bound")
      }
      return try elementwise(
        call, "clip", [.float(finite(least)), .float(finite(most))])
    }),
]

/// An operator that is `function` of each element, and a row without attributes in a model file.
private func unary(
  _ function: @escaping @Sendable (Double) -> Double, _ row: String
) -> OperatorImport {
  OperatorImport({ [try mapped($0.input(0), function)] }, { try elementwise($0, row) })
}

/// An operator whose attributes give the function of each element.
private func parametric(
  _ function: @escaping (SourceNode) throws -> (Double) -> Double,
  _ lower: @escaping (NodeLowering) throws -> [Operand]
) -> OperatorImport {
  OperatorImport({ [try mapped($0.input(0), function($0.node))] }, lower)
}

/// `function` of each element, in Double.
func mapped(_ tensor: HostTensor, _ function: (Double) -> Double) -> HostTensor {
  var result = tensor
  result.floats = tensor.floats.map { Float(function(Double($0))) }
  result.integers = tensor.integers.map { whole in
    let value = function(Double(whole))
    return Int64(exactly: value.rounded(.towardZero)) ?? whole
  }
  return result
}

/// Input 0 through a row that works on each element alone.
func elementwise(
  _ call: NodeLowering, _ row: String, _ attributes: [Attribute] = []
) throws -> [Operand] {
  [.value(try call.lowering.elementwise(row, try call.value(0), attributes))]
}

private func seluParameters(_ node: SourceNode) throws -> (alpha: Double, gamma: Double) {
  (
    Double(try node.float("alpha", 1.67326319217681884765625)),
    Double(try node.float("gamma", 1.05070102214813232421875))
  )
}

private func isTanhForm(_ node: SourceNode) throws -> Bool {
  let name = try node.text("approximate", "none")
  guard name == "none" || name == "tanh" else {
    throw ImportError("attribute approximate is '\(name)'")
  }
  return name == "tanh"
}

/// Bounds are attributes up to operator set 10, and inputs since.
private func clipRange(
  _ node: SourceNode, _ opset: Int, _ input: (Int) throws -> HostTensor?
) throws -> (Double, Double) {
  if opset < 11 {
    let least = Double(try node.float("min", -Float.greatestFiniteMagnitude))
    return (least, Double(try node.float("max", .greatestFiniteMagnitude)))
  }
  let bounds = try [1, 2].map { index -> Double? in
    guard let tensor = try input(index) else { return nil }
    guard tensor.count == 1 else { throw ImportError("a bound is not one number") }
    return Double(tensor.asFloats[0])
  }
  return (bounds[0] ?? -.infinity, bounds[1] ?? .infinity)
}

/// Attributes are finite; a number beyond those of binary32 stands for infinity.
private func finite(_ value: Double) -> Double { max(-1e308, min(1e308, value)) }

private func lowerShrink(_ call: NodeLowering) throws -> [Operand] {
  let x = try call.value(0)
  let bias = try call.node.float("bias", 0)
  let limit = try call.node.float("lambd", 0.5)
  let below = try call.binary("less", .value(x), .scalar(-limit))
  let above = try call.binary("less", .scalar(limit), .value(x))
  let raised = try call.binary("add", .value(x), .scalar(bias))
  let lowered = try call.binary("add", .value(x), .scalar(-bias))
  let upper = try call.select(.value(above), .value(lowered), .scalar(0))
  return [.value(try call.select(.value(below), .value(raised), .value(upper)))]
}
