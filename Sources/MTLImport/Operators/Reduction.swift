import Glibc

/// Reductions of axes, and the largest elements along one.
let reductionOperators: [String: OperatorImport] = [
  "ReduceSum": reduction({ $0.reduce(0, +) }, { try $0.reduced($1, "reduce_sum", $2) }),
  "ReduceMean": reduction(
    { $0.reduce(0, +) / Double($0.count) }, { try $0.reduced($1, "reduce_mean", $2) }),
  "ReduceMax": reduction(
    { $0.reduce(-.infinity) { max($0, $1) } }, { try $0.reduced($1, "reduce_max", $2) }),
  "ReduceMin": reduction(
    { $0.reduce(.infinity) { min($0, $1) } }, { try $0.reduced($1, "reduce_min", $2) }),
  "ReduceProd": reduction({ $0.reduce(1, *) }, { try $0.reduced($1, "reduce_prod", $2) }),
  "ReduceL1": reduction(
    { $0.reduce(0) { $0 + abs($1) } },
    { try $0.reduced($0.lowering.elementwise("abs", $1), "reduce_sum", $2) }),
  "ReduceL2": reduction(
    { $0.reduce(0) { $0 + $1 * $1 }.squareRoot() },
    {
      let sum = try $0.reduced($0.power($1, 2), "reduce_sum", $2)
      return try $0.lowering.elementwise("sqrt", sum)
    }),
  "ReduceSumSquare": reduction(
    { $0.reduce(0) { $0 + $1 * $1 } }, { try $0.reduced($0.power($1, 2), "reduce_sum", $2) }),
  "ReduceLogSum": reduction(
    { log($0.reduce(0, +)) },
    { try $0.lowering.elementwise("log", $0.reduced($1, "reduce_sum", $2)) }),
  "ReduceLogSumExp": reduction(
    { line in
      let most = line.max() ?? 0
      return most + log(line.reduce(0) { $0 + exp($1 - most) })
    },
    { call, x, axes in
      let most = try call.reduced(x, "reduce_max", axes)
      let shifted = try call.binary("sub", .value(x), .value(most))
      let powers = try call.lowering.elementwise("exp", shifted)
      let sum = try call.lowering.elementwise("log", call.reduced(powers, "reduce_sum", axes))
      return try call.binary("add", .value(sum), .value(most))
    }),
  "ArgMax": best(sign: 1),
  "ArgMin": best(sign: -1),
  "TopK": OperatorImport(evaluateTopK, lowerTopK),
]

/// The axes to reduce, and whether they stay as 1.
private struct ReductionForm {
  let axes: [Int]
  let keeps: Bool

  init(_ node: SourceNode, axes given: HostTensor?, rank: Int) throws {
    let list =
      try given.map { try $0.asIntegers("the list of axes") } ?? node.integers("axes") ?? []
    keeps = try node.integer("keepdims", 1) != 0
    let isNone = try node.integer("noop_with_empty_axes", 0) != 0
    axes =
      list.isEmpty
      ? isNone ? [] : Array(0..<rank) : try checkedAxes(list, rank: rank).sorted()
  }
}

extension NodeLowering {
  /// `axes` of the source reduced by `row`, each left as 1.
  func reduced(_ x: Value, _ row: String, _ axes: [Int]) throws -> Value {
    var value = x
    // Neighbouring lowered axes go in one step.
    var pending = Set(axes.flatMap { x.factors($0) })
    guard !pending.contains(0) else { throw ImportError.mixesImages }
    if pending.isEmpty { return x }
    value.tensor = try builder.view(value.tensor, value.dimensions)
    while let first = pending.min() {
      var last = first
      // An axis of 1 between two may go with them.
      while let next = ((last + 1)..<value.dimensions.count).first(where: {
        value.dimensions[$0] > 1 || pending.contains($0)
      }), pending.contains(next) { last = next }
      value.tensor = try builder.node(
        row, [value.tensor], [.integer(first), .integer(last)])
      for axis in first...last {
        value.dimensions[axis] = 1
        pending.remove(axis)
      }
    }
    return value
  }

  /// Without the axes, which have dimension 1.
  func dropping(_ axes: [Int], of value: Value) -> Value {
    var result = value
    result.axes = value.axes.indices.filter { !axes.contains($0) }.map { value.axes[$0] }
    return result
  }
}

private func reduction(
  _ function: @escaping ([Double]) -> Double,
  _ lower: @escaping (NodeLowering, Value, [Int]) throws -> Value
) -> OperatorImport {
  OperatorImport(
    { call in
      let x = try call.input(0)
      let form = try ReductionForm(
        call.node, axes: call.optional(1), rank: x.shape.count)
      return [try reduced(x, form.axes, keeps: form.keeps, function)]
    },
    { call in
      let x = try call.value(0)
      let form = try ReductionForm(
        call.node, axes: call.optional(1, "the list of axes"), rank: x.rank)
      let result = try lower(call, x, form.axes)
      return [.value(form.keeps ? result : call.dropping(form.axes, of: result))]
    })
}

/// `function` of the elements that `axes` run over.
func reduced(
  _ x: HostTensor, _ axes: [Int], keeps: Bool, _ function: ([Double]) -> Double
) throws -> HostTensor {
  let others = x.shape.indices.filter { !axes.contains($0) }
  let strides = rowMajorStrides(x.shape)
  let starts = stridedIndexes(others.map { x.shape[$0] }, strides: others.map { strides[$0] })
  let steps = stridedIndexes(axes.map { x.shape[$0] }, strides: axes.map { strides[$0] })
  let shape =
    keeps
    ? x.shape.indices.map { axes.contains($0) ? 1 : x.shape[$0] } : others.map { x.shape[$0] }
  let source = x.type.isFloating ? x.floats.map { Double($0) } : x.integers.map { Double($0) }
  let results = starts.map { start in function(steps.map { source[start + $0] }) }
  if x.type.isFloating { return HostTensor(shape, floats: results.map { Float($0) }) }
  return HostTensor(
    x.type, shape, integers: results.map { Int64(exactly: $0.rounded(.towardZero)) ?? 0 })
}

/// The index of the largest element, or of the smallest.
private func best(sign: Double) -> OperatorImport {
  OperatorImport(
    { call in
      let x = try call.input(0)
      let form = try bestForm(call.node, rank: x.shape.count)
      let result = try reduced(x, [form.axis], keeps: form.keeps) { line in
        let values = line.map { $0 * sign }
        let most = values.max() ?? 0
        return Double(
          (form.isLast ? values.lastIndex(of: most) : values.firstIndex(of: most)) ?? 0)
      }
      return [HostTensor(.int64, result.shape, integers: result.asFloats.map { Int64($0) })]
    },
    { call in
      let x = try call.value(0)
      let form = try bestForm(call.node, rank: x.rank)
      var (value, lowered) = try call.lowering.isolated(call.scaled(x, by: sign), form.axis)
      value.tensor = try call.builder.node(
        "arg_max", [value.tensor], [.integer(lowered), .integer(form.isLast ? 1 : 0)])
      value.dimensions[lowered] = 1
      value.type = .int64
      return [.value(form.keeps ? value : call.dropping([form.axis], of: value))]
    })
}

private func bestForm(
  _ node: SourceNode, rank: Int
) throws -> (axis: Int, keeps: Bool, isLast: Bool) {
  (
    try checkedAxis(try node.integer("axis", 0), rank: rank),
    try node.integer("keepdims", 1) != 0, try node.integer("select_last_index", 0) != 0
  )
}

private func evaluateTopK(_ call: Evaluation) throws -> [HostTensor] {
  let x = try call.input(0)
  let form = try topForm(call.node, count: call.optional(1), rank: x.shape.count)
  guard form.count <= x.shape[form.axis] else { throw ImportError("k is \(form.count)") }
  let step = rowMajorStrides(x.shape)[form.axis]
  let size = x.shape[form.axis]
  var shape = x.shape
  shape[form.axis] = form.count
  var (values, indexes) = ([Int](), [Int64]())
  let sign: Double = form.isLargest ? -1 : 1
  let numbers = x.type.isFloating ? x.floats.map { Double($0) } : x.integers.map { Double($0) }
  for outer in 0..<x.count / max(1, size * step) {
    var lines: [[Int]] = []
    for inner in 0..<step {
      let first = outer * size * step + inner
      let order = (0..<size).sorted {
        let (a, b) = (numbers[first + $0 * step] * sign, numbers[first + $1 * step] * sign)
        return a < b || (a == b && $0 < $1)
      }
      lines.append(Array(order.prefix(form.count)))
    }
    for k in 0..<form.count {
      for inner in 0..<step {
        values.append(outer * size * step + inner + lines[inner][k] * step)
        indexes.append(Int64(lines[inner][k]))
      }
    }
  }
  return [x.picking(values, shape: shape), HostTensor(.int64, shape, integers: indexes)]
}

private func topForm(
  _ node: SourceNode, count: HostTensor?, rank: Int
) throws -> (axis: Int, count: Int, isLargest: Bool) {
  node.ignore("sorted")
  let counts = try count.map { try $0.asIntegers("k") } ?? [try node.integer("k", 0)]
  guard let k = counts.first, counts.count == 1, k >= 1 else {
    throw ImportError("k is \(counts)")
  }
  return (
    try checkedAxis(try node.integer("axis", -1), rank: rank), k,
    try node.integer("largest", 1) != 0
  )
}

private func lowerTopK(_ call: NodeLowering) throws -> [Operand] {
  let x = try call.value(0)
  let form = try topForm(call.node, count: call.optional(1, "k"), rank: x.rank)
  let (value, lowered) = try call.lowering.isolated(x, form.axis)
  let attributes: [Attribute] = [
    .integer(lowered), .integer(form.count), .integer(form.isLargest ? 1 : 0),
  ]
  var results: [Operand] = []
  for (row, name) in zip(["top_k", "top_k_indices"], call.node.outputs) {
    var result = value
    if !name.isEmpty {
      result.tensor = try call.builder.node(row, [value.tensor], attributes)
      result.dimensions[lowered] = form.count
    }
    result.type = row == "top_k" ? x.type : .int64
    results.append(.value(result))
  }
  return results
}
