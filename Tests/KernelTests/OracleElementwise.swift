import Glibc

// Oracles of the operators that compute each result from one element of each input.

let elementwiseOracles: [String: Oracle] = [
  "clip": formula { x, a in min(max(x, Double(Float(a[0]))), Double(Float(a[1]))) },
  "leaky_relu": formula { x, a in x < 0 ? Double(Float(a[0])) * x : x },
  "elu": curve { x, a in x < 0 ? a[0] * expm1(x) : x },
  "tanh": curve { x, _ in tanh(x) },
  "hard_sigmoid": curve { x, a in
    x.isNaN ? x : min(max(Double(Float(a[0])) * x + Double(Float(a[1])), 0), 1)
  },
  "hard_swish": curve { x, _ in x.isNaN ? x : x * min(max(x / 6 + 0.5, 0), 1) },
  "silu": curve { x, _ in x / (1 + exp(-x)) },
  "gelu": Oracle(shape: sameShape) { inputs, attributes, _ in
    curveNumbers(inputs[0]!) { x in
      if attributes[0] == 0 { return x * 0.5 * (1 + erf(x / 2.0.squareRoot())) }
      let inner = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
      return x * 0.5 * (1 + tanh(inner))
    }
  },
  "softplus": formula(units: 24, least: Expected.leastNormal) { x, _ in
    x > 30 ? x : log1p(exp(x))
  },
  "erf": curve { x, _ in erf(x) },
  "exp": formula(units: 16, least: Expected.leastNormal) { x, _ in exp(x) },
  "log": formula(units: 16) { x, _ in log(x) },
  "sqrt": formula { x, _ in x.squareRoot() },
  "abs": formula { x, _ in abs(x) },
  "floor": formula { x, _ in floor(x) },
  "ceil": formula { x, _ in ceil(x) },
  "round": formula { x, _ in x.rounded(.toNearestOrEven) },
  "sin": function { sin($0) }, "cos": function { cos($0) }, "tan": function { tan($0) },
  "asin": function { asin($0) }, "acos": function { acos($0) }, "atan": function { atan($0) },
  "sinh": function { sinh($0) }, "cosh": function { cosh($0) },
  "asinh": function { asinh($0) }, "acosh": function { acosh($0) },
  "atanh": function { atanh($0) },
  "sub": combination { $0[0] - $0[1] },
  "div": combination { $0[0] / $0[1] },
  "maximum": combination { largest($0) },
  "minimum": combination { -largest($0.map { -$0 }) },
  "pow": combination(units: 16) { pow($0[0], $0[1]) },
  "prelu": combination { $0[0] < 0 ? $0[0] * $0[1] : $0[0] },
  "equal": combination { $0[0] == $0[1] ? 1 : 0 },
  "less": combination { $0[0] < $0[1] ? 1 : 0 },
  "less_equal": combination { $0[0] <= $0[1] ? 1 : 0 },
  "select": combination { $0[0] != 0 ? $0[1] : $0[2] },
]

/// Of one number and the attributes, all of them floats. NaN gives NaN.
private func formula(
  units: Double = 1, least: Double = Expected.least,
  _ formula: @escaping @Sendable (Double, [Double]) -> Double
) -> Oracle {
  Oracle(shape: sameShape) { inputs, attributes, _ in
    let reals = attributes.map { Double(bitPattern: UInt64(bitPattern: $0)) }
    return eachNumber(inputs[0]!, units: units, least: least) { x in
      x.isNaN ? x : formula(x, reals)
    }
  }
}

private func function(_ value: @escaping @Sendable (Double) -> Double) -> Oracle {
  formula(units: 16, least: Expected.leastNormal) { x, _ in value(x) }
}

/// An activation: its error is relative to the number and the result.
private func curve(_ formula: @escaping @Sendable (Double, [Double]) -> Double) -> Oracle {
  Oracle(shape: sameShape) { inputs, attributes, _ in
    let reals = attributes.map { Double(bitPattern: UInt64(bitPattern: $0)) }
    return curveNumbers(inputs[0]!) { formula($0, reals) }
  }
}

private func curveNumbers(_ input: Numbers, _ formula: (Double) -> Double) -> Expected {
  var result = Expected()
  for x in input.values {
    let value = formula(x)
    result.values.append(value)
    result.bounds.append(32 * Expected.unit * (abs(x) + abs(value)) + Expected.leastNormal)
  }
  return result
}
