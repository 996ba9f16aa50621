import Glibc

/// Softmax and its relatives.
let softmaxOperators: [String: OperatorImport] = [
  "Softmax": softmax("softmax", softmax),
  "LogSoftmax": softmax("log_softmax") { line in
    let most = line.max() ?? 0
    let sum = log(line.reduce(0) { $0 + exp($1 - most) })
    return line.map { $0 - most - sum }
  },
  "Hardmax": OperatorImport(
    { call in
      try [
        overLines(call) { line in
          let best = line.firstIndex(of: line.max() ?? 0)
          return line.indices.map { $0 == best ? 1 : 0 }
        }
      ]
    }, lowerHardmax),
]

/// Powers of e by their sum.
func softmax(_ line: [Double]) -> [Double] {
  let most = line.max() ?? 0
  let powers = line.map { exp($0 - most) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}

private func softmax(
  _ row: String, _ function: @escaping ([Double]) -> [Double]
) -> OperatorImport {
  OperatorImport(
    { call in [try overLines(call, function)] },
    { call in
      let x = try call.value(0)
      let axis = try firstAxis(call.node, call.opset, rank: x.rank)
      return [.value(try overLines(call, x, axis, row))]
    })
}

/// The first of the axes that softmax goes over; up to operator set 12 it goes over all behind it,
/// too.
private func firstAxis(_ node: SourceNode, _ opset: Int, rank: Int) throws -> Int {
  let axis = try node.integer("axis", opset < 13 ? 1 : -1)
  if opset < 13 && axis == rank { return axis }
  return try checkedAxis(axis, rank: rank)
}

private func overLines(
  _ call: Evaluation, _ function: ([Double]) -> [Double]
) throws -> HostTensor {
  let x = try call.input(0)
  let axis = try firstAxis(call.node, call.opset, rank: x.shape.count)
  if call.opset >= 13 { return try alongAxis(x, axis, function) }
  let count = x.shape[axis...].reduce(1, *)
  return try alongAxis(x.reshaped([x.count / max(1, count), count]), 1, function).reshaped(x.shape)
}

/// A row that works along one axis, over what softmax goes over.
private func overLines(
  _ call: NodeLowering, _ x: Value, _ axis: Int, _ row: String
) throws -> Value {
  let axes = call.opset < 13 ? Array(axis..<x.rank) : [axis]
  let factors = axes.flatMap { x.factors($0) }
  guard !factors.contains(0) else { throw ImportError.mixesImages }
  if factors.count == 1 {
    var (value, lowered) = try call.lowering.isolated(x, axes.first { !x.factors($0).isEmpty }!)
    value.tensor = try call.builder.node(row, [value.tensor], [.integer(lowered)])
    return value
  }
  // Several axes become the last one, in whatever order.
  let others = x.dimensions.indices.filter { !factors.contains($0) }
  let order = factors.sorted()
  let source = try call.lowering.arranged(x, others.map { [$0] } + [order])
  let places = others + order
  var result = x
  result.tensor = try call.builder.node(row, [source], [.integer(others.count)])
  result.dimensions = places.map { x.dimensions[$0] }
  result.axes = x.axes.map { $0.compactMap { places.firstIndex(of: $0) } }
  return result
}

private func lowerHardmax(_ call: NodeLowering) throws -> [Operand] {
  let x = try call.value(0)
  guard call.opset >= 13 else { throw ImportError("operator sets below 13 are not supported") }
  let axis = try firstAxis(call.node, call.opset, rank: x.rank)
  let (value, lowered) = try call.lowering.isolated(x, axis)
  var best = value
  best.tensor = try call.builder.node(
    "arg_max", [value.tensor], [.integer(lowered), .integer(0)])
  best.dimensions[lowered] = 1
  var shape = Array(repeating: 1, count: x.rank)
  shape[axis] = x.size(axis)
  let indexes = HostTensor(shape, floats: (0..<x.size(axis)).map { Float($0) })
  return [.value(try call.binary("equal", .known(Known(indexes)), .value(best), type: x.type))]
}
