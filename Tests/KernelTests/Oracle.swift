import Glibc

/// A tensor of numbers, batch included.
struct Numbers {
  var shape: [Int]
  var values: [Double]

  var count: Int { values.count }

  /// The element at these indexes.
  subscript(_ indexes: Int...) -> Double {
    var position = 0
    for (axis, index) in indexes.enumerated() { position = position * shape[axis] + index }
    return values[position]
  }
}

/// Results in Double, and how far a backend's f32 results may be from them.
struct Expected {
  var values: [Double] = []
  var bounds: [Double] = []
  /// Bounds for a backend that computes by tiles, of operators that may be computed so.
  var tileBounds: [Double]?
  /// Results that may be infinite or NaN because f32 overflows on the way to them.
  var overflows: Set<Int> = []

  static let unit = 0x1p-24
  /// Subnormal results are exact to one step.
  static let least = 0x1p-149
  /// Results that are made with `exp` may be 0 where they would be subnormal.
  static let leastNormal = 0x1p-126

  /// A sum of `terms` products whose sizes add up to `size`.
  /// Each product may be off by `least` more.
  mutating func appendSum(
    _ value: Double, terms: Int, size: Double, least: Double = Self.least
  ) {
    values.append(value)
    bounds.append(2 * Double(terms + 4) * Self.unit * size + Double(terms + 1) * least)
  }

  /// A result that is off by at most `units` units in its last place, or by `least`.
  mutating func append(_ value: Double, units: Double, least: Double = Self.least) {
    values.append(value)
    bounds.append(units * Self.unit * abs(value) + least)
  }
}

/// What an operator computes, written from spec/operators.md, independent of every backend.
struct Oracle: Sendable {
  /// From shapes of inputs and attributes to the shape of the result.
  var shape: @Sendable ([[Int]], [Int64]) -> [Int]
  /// From inputs, attributes and the result's shape to the result.
  var compute: @Sendable ([Numbers?], [Int64], [Int]) -> Expected
}

let oracles = layerOracles.merging(elementwiseOracles) { $1 }.merging(axisOracles) { $1 }
  .merging(lineOracles) { $1 }

private let layerOracles: [String: Oracle] = [
  "conv": Oracle(shape: convShape, compute: convNumbers),
  "conv_transpose": Oracle(shape: convTransposeShape, compute: convTransposeNumbers),
  "dense": Oracle(
    shape: { shapes, _ in shapes[0].dropLast() + [shapes[1][0]] }, compute: denseNumbers),
  "dense_by_input": Oracle(
    shape: { shapes, _ in shapes[0].dropLast() + [shapes[1][1]] }, compute: denseByInputNumbers),
  "batch_norm": Oracle(shape: sameShape, compute: batchNormNumbers),
  "scale_shift": Oracle(shape: sameShape, compute: scaleShiftNumbers),
  "max_pool": Oracle(shape: poolShape) { inputs, attributes, shape in
    poolNumbers(inputs[0]!, attributes, shape) { result, pixels in
      result.append(largest(pixels), units: 0)
    }
  },
  "avg_pool": Oracle(shape: poolShape) { inputs, attributes, shape in
    poolNumbers(inputs[0]!, attributes, shape) { result, pixels in
      let whole = Int(attributes[6] * attributes[7])
      let divisor = Double(attributes[8] == 1 ? whole : pixels.count)
      appendMean(&result, pixels, divisor)
    }
  },
  "global_avg_pool": Oracle(shape: globalShape) { inputs, _, shape in
    globalNumbers(inputs[0]!) { appendMean(&$0, $1, Double($1.count)) }
  },
  "global_max_pool": Oracle(shape: globalShape) { inputs, _, shape in
    globalNumbers(inputs[0]!) { $0.append(largest($1), units: 0) }
  },
  "relu": Oracle(shape: sameShape) { inputs, _, _ in
    eachNumber(inputs[0]!, units: 0) { $0 < 0 ? 0 : $0 }
  },
  "sigmoid": Oracle(shape: sameShape) { inputs, _, _ in
    eachNumber(inputs[0]!, units: 24, least: Expected.leastNormal) { 1 / (1 + exp(-$0)) }
  },
  "softmax": Oracle(shape: sameShape, compute: softmaxNumbers),
  "add": combination { $0[0] + $0[1] },
  "mul": combination { $0[0] * $0[1] },
  "concat": Oracle(shape: concatShape, compute: concatNumbers),
  "flatten": Oracle(
    shape: { shapes, _ in [shapes[0][0], shapes[0].dropFirst().reduce(1, *)] },
    compute: viewNumbers),
  "reshape": Oracle(
    shape: { shapes, attributes in [shapes[0][0]] + attributes.map { Int($0) } },
    compute: viewNumbers),
  "identity": Oracle(shape: sameShape, compute: viewNumbers),
  "dropout": Oracle(shape: sameShape, compute: viewNumbers),
]

private func viewNumbers(_ inputs: [Numbers?], _: [Int64], _: [Int]) -> Expected {
  eachNumber(inputs[0]!, units: 0) { $0 }
}

func sameShape(_ shapes: [[Int]], _: [Int64]) -> [Int] { shapes[0] }

func eachNumber(
  _ input: Numbers, units: Double, least: Double = Expected.least,
  _ formula: (Double) -> Double
) -> Expected {
  var result = Expected()
  for value in input.values { result.append(formula(value), units: units, least: least) }
  return result
}
