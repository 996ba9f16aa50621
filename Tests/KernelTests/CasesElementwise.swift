/// Operators that compute each result from one element of each input.
extension Cases {
  static let elementwise: [String: [TestGraph]] = [
    "clip": same("clip", reals(-0.5, 0.75)) + same("clip", reals(0, 1e308))
      + same("clip", reals(1, -1)),
    "leaky_relu": same("leaky_relu", reals(0.1)), "elu": same("elu", reals(1.5)),
    "tanh": same("tanh"), "hard_sigmoid": same("hard_sigmoid", reals(0.2, 0.5)),
    "hard_swish": same("hard_swish"), "silu": same("silu"),
    "gelu": same("gelu", [0]) + same("gelu", [1]), "softplus": same("softplus"),
    "erf": same("erf"), "exp": same("exp"), "log": same("log"), "sqrt": same("sqrt"),
    "abs": same("abs"), "floor": same("floor"), "ceil": same("ceil"), "round": same("round"),
    "sub": broadcast("sub"), "div": broadcast("div"), "maximum": broadcast("maximum"),
    "minimum": broadcast("minimum"), "pow": broadcast("pow"), "prelu": broadcast("prelu"),
    "equal": broadcast("equal"), "less": broadcast("less"), "less_equal": broadcast("less_equal"),
    "select": select,
  ].merging(trigonometry) { $1 }

  private static let trigonometry = Dictionary(
    uniqueKeysWithValues: [
      "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh",
    ].map { ($0, same($0)) })

  /// Attribute slots of these numbers.
  static func reals(_ numbers: Double...) -> [Int64] {
    numbers.map { Int64(bitPattern: $0.bitPattern) }
  }

  private static let select: [TestGraph] = [
    ([1, 5], [1, 5], [1, 5]), ([1, 5, 4, 16], [1, 1, 1, 16], [1, 5, 1, 1]),
    ([1, 1], [1, 19], [1, 1]), ([1, 2, 3, 1], [1, 2, 1, 37], [1, 2, 3, 37]),
  ].flatMap { condition, a, b in
    [
      graph { g in _ = g.add("select", [g.value(condition), g.value(a), g.value(b)]) },
      graph { g in _ = g.add("select", [g.value(condition), g.constant(a), g.constant(b)]) },
      graph { g in _ = g.add("select", [g.constant(condition), g.value(a), g.value(b)]) },
      graph { g in _ = g.add("select", [g.value(condition), g.value(a), g.constant(b)]) },
    ]
  }
}
