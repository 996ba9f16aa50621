import Glibc

/// Pools, which look at windows or at the whole image.
let poolingOperators: [String: OperatorImport] = [
  "MaxPool": OperatorImport(evaluateMaxPool, lowerMaxPool),
  "AveragePool": OperatorImport(evaluateAveragePool, lowerAveragePool),
  "LpPool": OperatorImport(evaluateLpPool, lowerLpPool),
  "GlobalAveragePool": OperatorImport(
    { call in
      [try wholeImage(call) { window in window.reduce(0, +) / Double(window.count) }]
    }, { try lowerGlobal($0, row: "global_avg_pool", reduction: "reduce_mean") }),
  "GlobalMaxPool": OperatorImport(
    { call in [try wholeImage(call) { $0.reduce(-.infinity) { max($0, $1) } }] },
    { try lowerGlobal($0, row: "global_max_pool", reduction: "reduce_max") }),
  "GlobalLpPool": OperatorImport(
    { call in
      let p = Double(try call.node.integer("p", 2))
      return [
        try wholeImage(call) { pow($0.reduce(0) { $0 + pow(abs($1), p) }, 1 / p) }
      ]
    },
    { call in
      let p = Double(try call.node.integer("p", 2))
      let powers = try call.power(call.lowering.elementwise("abs", try call.value(0)), p)
      let sums = try call.reduced(powers, "reduce_sum", Array(2..<powers.rank))
      return [.value(try call.power(sums, 1 / p))]
    }),
]

extension NodeLowering {
  /// `value` to the power of `exponent`.
  func power(_ value: Value, _ exponent: Double) throws -> Value {
    if exponent == 1 { return value }
    if exponent == 2 { return try binary("mul", .value(value), .value(value)) }
    if exponent == 0.5 { return try lowering.elementwise("sqrt", value) }
    return try binary("pow", .value(value), .scalar(Float(exponent)))
  }
}

private func wholeImage(
  _ call: Evaluation, _ function: ([Double]) -> Double
) throws -> HostTensor {
  let x = try call.input(0)
  guard x.shape.count >= 3 else { throw ImportError("rank \(x.shape.count)") }
  let count = x.shape[2...].reduce(1, *)
  let shape = [x.shape[0], x.shape[1]] + x.shape[2...].map { _ in 1 }
  let results = (0..<x.shape[0] * x.shape[1]).map { row in
    Float(function(x.floats[row * count..<(row + 1) * count].map { Double($0) }))
  }
  return HostTensor(shape, floats: results)
}

private func lowerGlobal(
  _ call: NodeLowering, row: String, reduction: String
) throws -> [Operand] {
  let x = try call.value(0)
  guard x.rank == 3 || x.rank == 4, x.factors(0) == (call.lowering.isBatched ? [0] : []) else {
    guard x.rank >= 3 else { throw ImportError("rank \(x.rank)") }
    return [.value(try call.reduced(x, reduction, Array(2..<x.rank)))]
  }
  let result = try call.builder.node(row, [try call.lowering.image(x)])
  return [.value(call.lowering.image(result, rank: x.rank, type: x.type))]
}

private func window(_ call: Evaluation) throws -> SpatialWindow {
  try window(call.node, x: call.input(0).shape)
}

private func window(_ node: SourceNode, x: [Int]) throws -> SpatialWindow {
  guard x.count >= 3 else { throw ImportError("rank \(x.count)") }
  guard let kernel = try node.integers("kernel_shape") else {
    throw ImportError("attribute kernel_shape is absent")
  }
  return try SpatialWindow(
    node, input: Array(x[2...]), kernel: kernel,
    isCeiling: try node.integer("ceil_mode", 0) == 1)
}

/// For each window of each channel, `function` of its elements and of how many places it has with
/// padding that belongs to the input.
private func pooled(
  _ x: HostTensor, _ window: SpatialWindow, _ function: ([Double], _ places: Int) -> Double
) throws -> HostTensor {
  let input = Array(x.shape[2...])
  let count = input.reduce(1, *)
  let shape = [x.shape[0], x.shape[1]] + window.output
  _ = try checkedCount(shape)
  let positions = indexTuples(window.kernel)
  let windows = indexTuples(window.output).map { place -> (elements: [Int], places: Int) in
    var (elements, places) = ([Int](), 0)
    for position in positions {
      var (index, isInside, isPadded) = (0, true, true)
      for axis in input.indices {
        let at =
          place[axis] * window.strides[axis] + position[axis] * window.dilations[axis]
          - window.before[axis]
        isInside = isInside && at >= 0 && at < input[axis]
        isPadded = isPadded && at < input[axis] + window.after[axis]
        index = index * input[axis] + at
      }
      if isPadded { places += 1 }
      if isInside { elements.append(index) }
    }
    return (elements, places)
  }
  var floats: [Float] = []
  floats.reserveCapacity(x.shape[0] * x.shape[1] * windows.count)
  for row in 0..<x.shape[0] * x.shape[1] {
    for (elements, places) in windows {
      floats.append(Float(function(elements.map { Double(x.floats[row * count + $0]) }, places)))
    }
  }
  return HostTensor(shape, floats: floats)
}

private func evaluateMaxPool(_ call: Evaluation) throws -> [HostTensor] {
  guard try call.node.integer("storage_order", 0) == 0, call.node.outputs.count == 1 else {
    throw ImportError("the indexes of the largest elements are not supported")
  }
  let x = try call.input(0)
  guard x.type.isFloating else { throw ImportError("elements of type \(x.type)") }
  return [
    try pooled(x, window(call)) { elements, _ in elements.reduce(-.infinity) { max($0, $1) } }
  ]
}

private func evaluateAveragePool(_ call: Evaluation) throws -> [HostTensor] {
  let counts = try call.node.integer("count_include_pad", 0) == 1
  return [
    try pooled(call.input(0), window(call)) { elements, places in
      elements.reduce(0, +) / Double(counts ? places : elements.count)
    }
  ]
}

private func evaluateLpPool(_ call: Evaluation) throws -> [HostTensor] {
  let p = Double(try call.node.integer("p", 2))
  return [
    try pooled(call.input(0), window(call)) { elements, _ in
      pow(elements.reduce(0) { $0 + pow(abs($1), p) }, 1 / p)
    }
  ]
}
