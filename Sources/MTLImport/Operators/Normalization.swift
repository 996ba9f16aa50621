import Glibc

/// Normalisations.
let normalizationOperators: [String: OperatorImport] = [
  "BatchNormalization": OperatorImport(evaluateBatchNorm, lowerBatchNorm),
  "InstanceNormalization": OperatorImport(
    { call in
      let x = try call.input(0)
      return [try groupNorm(call, x, groups: x.shape.count > 1 ? x.shape[1] : 0)]
    },
    { call in
      let x = try call.value(0)
      guard x.rank > 2 else { throw ImportError("rank \(x.rank)") }
      return [.value(try lowerGroups(call, x, groups: x.size(1)))]
    }),
  "GroupNormalization": OperatorImport(
    { call in
      try [groupNorm(call, call.input(0), groups: call.node.integer("num_groups", 0))]
    },
    { call in
      call.node.ignore("stash_type")
      let groups = try call.node.integer("num_groups", 0)
      return [.value(try lowerGroups(call, call.value(0), groups: groups))]
    }),
  "LayerNormalization": OperatorImport(evaluateLayerNorm, lowerLayerNorm),
  "RMSNormalization": OperatorImport(evaluateRMSNorm, lowerRMSNorm),
  "LRN": OperatorImport(evaluateLRN, lowerLRN),
  "LpNormalization": OperatorImport(
    { call in
      let x = try call.input(0)
      let axis = try checkedAxis(try call.node.integer("axis", -1), rank: x.shape.count)
      let p = try call.node.integer("p", 2)
      return [
        try alongAxis(x, axis) { line in
          let size =
            p == 1
            ? line.reduce(0) { $0 + abs($1) } : line.reduce(0) { $0 + $1 * $1 }.squareRoot()
          return line.map { size == 0 ? 0 : $0 / size }
        }
      ]
    },
    { call in
      let x = try call.value(0)
      let axis = try checkedAxis(try call.node.integer("axis", -1), rank: x.rank)
      let p = try call.node.integer("p", 2)
      guard p == 1 || p == 2 else { throw ImportError("attribute p is \(p)") }
      let parts =
        p == 1
        ? try call.lowering.elementwise("abs", x) : try call.power(x, 2)
      let sum = try call.reduced(parts, "reduce_sum", [axis])
      let size = p == 1 ? sum : try call.lowering.elementwise("sqrt", sum)
      let quotient = try call.binary("div", .value(x), .value(size))
      let isZero = try call.binary("equal", .value(size), .scalar(0), type: .bool)
      let result = try call.select(.value(isZero), .scalar(0), .value(quotient))
      return [.value(result)]
    }),
  "MeanVarianceNormalization": OperatorImport(
    { call in
      let x = try call.input(0)
      let axes = try checkedAxes(
        try call.node.integers("axes") ?? [0, 2, 3], rank: x.shape.count)
      let others = x.shape.indices.filter { !axes.contains($0) }
      let order = others + axes
      let count = axes.reduce(1) { $0 * x.shape[$1] }
      let rows = x.transposed(order)
      let normal = try alongAxis(
        rows.reshaped([x.count / max(count, 1), count]), 1
      ) { line in
        let mean = line.reduce(0, +) / Double(count)
        let deviation =
          (line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)).squareRoot()
        return line.map { ($0 - mean) / (deviation + 1e-9) }
      }
      let back = order.indices.map { order.firstIndex(of: $0)! }
      return [normal.reshaped(rows.shape).transposed(back)]
    },
    { call in
      let x = try call.value(0)
      let axes = try checkedAxes(try call.node.integers("axes") ?? [0, 2, 3], rank: x.rank)
      let mean = try call.reduced(x, "reduce_mean", axes)
      let centered = try call.binary("sub", .value(x), .value(mean))
      let variance = try call.reduced(call.power(centered, 2), "reduce_mean", axes)
      let deviation = try call.binary(
        "add", .value(call.lowering.elementwise("sqrt", variance)), .scalar(1e-9))
      return [.value(try call.binary("div", .value(centered), .value(deviation)))]
    }),
]

/// `function` of each line of elements along `axis`, which keeps their number.
func alongAxis(
  _ x: HostTensor, _ axis: Int, _ function: ([Double]) throws -> [Double]
) throws -> HostTensor {
  let step = rowMajorStrides(x.shape)[axis]
  let size = x.shape[axis]
  var result = x
  for outer in 0..<x.count / max(1, size * step) {
    for inner in 0..<step {
      let first = outer * size * step + inner
      let line = try function((0..<size).map { Double(x.floats[first + $0 * step]) })
      for (index, value) in line.enumerated() {
        result.floats[first + index * step] = Float(value)
      }
    }
  }
  return result
}

private func evaluateBatchNorm(_ call: Evaluation) throws -> [HostTensor] {
  call.node.ignore("momentum", "is_test")
  guard try call.node.integer("spatial", 1) == 1 else {
    throw ImportError("attribute spatial is 0")
  }
  var x = try call.input(0)
  let epsilon = try call.node.float("epsilon", 1e-5)
  var parameters = try (1...4).map { try call.input($0).asFloats }
  guard x.shape.count >= 2, parameters.allSatisfy({ $0.count == x.shape[1] }) else {
    throw ImportError("\(shapeText(x.shape)) does not fit the parameters")
  }
  var moving: [HostTensor] = []
  if try call.node.integer("training_mode", 0) != 0 {
    // Of what is known beforehand, the training's way is one function as well.
    let momentum = try call.node.float("momentum", 0.9)
    let own = moments(x)
    moving = zip(parameters[2...], own).map { old, new in
      HostTensor([old.count], floats: zip(old, new).map { $0 * momentum + $1 * (1 - momentum) })
    }
    parameters.replaceSubrange(2..., with: own)
  }
  let (scales, shifts) = scaleAndShift(parameters, epsilon: epsilon)
  let count = x.shape[2...].reduce(1, *)
  for row in 0..<x.shape[0] * x.shape[1] {
    let channel = row % x.shape[1]
    for index in row * count..<(row + 1) * count {
      x.floats[index] = Float(Double(x.floats[index]) * scales[channel] + shifts[channel])
    }
  }
  return [x] + moving
}

/// Mean and variance of each channel, over all images.
private func moments(_ x: HostTensor) -> [[Float]] {
  let (channels, count) = (x.shape[1], x.shape[2...].reduce(1, *))
  let lists = (0..<channels).map { channel in
    (0..<x.shape[0]).flatMap { image -> [Double] in
      let first = (image * channels + channel) * count
      return x.floats[first..<first + count].map { Double($0) }
    }
  }
  let means = lists.map { $0.reduce(0, +) / Double($0.count) }
  let variances = zip(lists, means).map { list, mean in
    list.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(list.count)
  }
  return [means.map { Float($0) }, variances.map { Float($0) }]
}

/// Of scale, bias, mean and variance.
private func scaleAndShift(
  _ parameters: [[Float]], epsilon: Float
) -> (scales: [Double], shifts: [Double]) {
  let scales = parameters[0].indices.map { c in
    Double(parameters[0][c]) / (Double(parameters[3][c]) + Double(epsilon)).squareRoot()
  }
  let shifts = scales.indices.map { c in
    Double(parameters[1][c]) - Double(parameters[2][c]) * scales[c]
  }
  return (scales, shifts)
}

private func lowerBatchNorm(_ call: NodeLowering) throws -> [Operand] {
  guard try call.node.integer("training_mode", 0) == 0, call.node.outputs.count == 1,
    try call.node.integer("spatial", 1) == 1
  else {
    throw ImportError(
      "it is in training mode, in which images decide about each other; export the model in its "
        + "evaluation mode (torch: model.eval())")
  }
  call.node.ignore("momentum", "is_test")
  let x = try call.value(0)
  guard x.rank >= 2 else { throw ImportError("rank \(x.rank)") }
  let epsilon = try call.node.float("epsilon", 1e-5)
  let names = ["", "the scale", "the bias", "the mean", "the variance"]
  let parameters = try (1...4).map {
    try call.parameters($0, names[$0], count: x.size(1))
  }
  let (scales, shifts) = scaleAndShift(parameters, epsilon: epsilon)
  var (value, _) = try call.lowering.lastAxis(x, 1)
  if value.dimensions.count == 1 { value.dimensions.append(1) }
  value.tensor = try call.builder.node(
    "scale_shift",
    [
      value.tensor, try call.builder.constant(scales.map { Float($0) }, [scales.count]),
      try call.builder.constant(shifts.map { Float($0) }, [shifts.count]),
    ])
  return [.value(value)]
}

/// Mean 0 and variance 1 over each group of channels of each image.
private func groupNorm(
  _ call: Evaluation, _ x: HostTensor, groups: Int
) throws -> HostTensor {
  call.node.ignore("stash_type")
  let epsilon = Double(try call.node.float("epsilon", 1e-5))
  let (scale, bias) = (try call.input(1).floats, try call.input(2).floats)
  guard x.shape.count >= 3, groups >= 1, x.shape[1] % groups == 0 else {
    throw ImportError("\(groups) groups of \(shapeText(x.shape))")
  }
  let channels = x.shape[1]
  // Before operator set 21 there is a scale for each group.
  guard [scale, bias].allSatisfy({ $0.count == channels || $0.count == groups }) else {
    throw ImportError("\(channels) channels, \(scale.count) and \(bias.count) parameters")
  }
  var result = try alongAxis(
    x.reshaped([x.shape[0] * groups, x.count / (x.shape[0] * groups)]), 1
  ) { line in
    let mean = line.reduce(0, +) / Double(line.count)
    let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(line.count)
    return line.map { ($0 - mean) / (variance + epsilon).squareRoot() }
  }.reshaped(x.shape)
  let count = x.shape[2...].reduce(1, *)
  for row in 0..<x.shape[0] * channels {
    let channel = row % channels
    let s = scale[scale.count == channels ? channel : channel / (channels / groups)]
    let b = bias[bias.count == channels ? channel : channel / (channels / groups)]
    for index in row * count..<(row + 1) * count {
      result.floats[index] = result.floats[index] * s + b
    }
  }
  return result
}

private func lowerGroups(_ call: NodeLowering, _ x: Value, groups: Int) throws -> Value {
  guard x.rank >= 3, groups >= 1, x.size(1) % groups == 0 else {
    throw ImportError("\(groups) groups of \(shapeText(x.shape(batch: 1)))")
  }
  let channels = x.size(1)
  guard x.factors(0) == (call.lowering.isBatched ? [0] : []) else {
    throw ImportError.mixesImages
  }
  func parameters(_ index: Int, _ what: String) throws -> Int {
    let list = try call.known(index, what).asFloats
    guard list.count == channels || list.count == groups else {
      throw ImportError("\(what) has \(list.count) elements, \(channels) are needed")
    }
    let full =
      list.count == channels
      ? list : (0..<channels).map { list[$0 / (channels / groups)] }
    return try call.builder.constant(full, [channels])
  }
  var (value, _) = try call.lowering.lastAxis(x, 1)
  if value.dimensions.count < 3 {
    value = try call.lowering.merged(
      value, [[0], []] + (1..<value.dimensions.count).map { [$0] })
  }
  let epsilon = try call.node.float("epsilon", 1e-5)
  value.tensor = try call.builder.node(
    "group_norm", [value.tensor, parameters(1, "the scale"), parameters(2, "the bias")],
    [.float(Double(epsilon)), .integer(groups)])
  return value
}

private func evaluateLayerNorm(_ call: Evaluation) throws -> [HostTensor] {
  call.node.ignore("stash_type")
  let x = try call.input(0)
  let axis = try checkedAxis(try call.node.integer("axis", -1), rank: x.shape.count)
  let epsilon = Double(try call.node.float("epsilon", 1e-5))
  let count = x.shape[axis...].reduce(1, *)
  let normal = try alongAxis(x.reshaped([x.count / max(count, 1), count]), 1) { line in
    let mean = line.reduce(0, +) / Double(count)
    let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    return line.map { ($0 - mean) / (variance + epsilon).squareRoot() }
  }.reshaped(x.shape)
  let scaled = try broadcast(normal, call.input(1), *, { $1 })
  let result = try call.optional(2).map { try broadcast(scaled, $0, +, { $1 }) } ?? scaled
  let axes = Array(axis..<x.shape.count)
  let mean = try reduced(x, axes, keeps: true) { $0.reduce(0, +) / Double($0.count) }
  let deviation = try reduced(x, axes, keeps: true) { line in
    let mean = line.reduce(0, +) / Double(line.count)
    let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(line.count)
    return 1 / (variance + epsilon).squareRoot()
  }
  return Array([result, mean, deviation].prefix(call.node.outputs.count))
}

private func lowerLayerNorm(_ call: NodeLowering) throws -> [Operand] {
  call.node.ignore("stash_type")
  let x = try call.value(0)
  let axis = try checkedAxis(try call.node.integer("axis", -1), rank: x.rank)
  let epsilon = try call.node.float("epsilon", 1e-5)
  var moments: [Operand] = []
  if call.node.outputs.count > 1 {
    // Mean and 1 / deviation as results of their own.
    let axes = Array(axis..<x.rank)
    let mean = try call.reduced(x, "reduce_mean", axes)
    let centered = try call.binary("sub", .value(x), .value(mean))
    let variance = try call.reduced(call.power(centered, 2), "reduce_mean", axes)
    let raised = try call.binary("add", .value(variance), .scalar(epsilon))
    let deviation = try call.lowering.elementwise("sqrt", raised)
    moments = [.value(mean), .value(try call.binary("div", .scalar(1), .value(deviation)))]
  }
  let normal = Array(axis..<x.rank)
  let shape = normal.map { x.size($0) }
  func parameters(_ index: Int, _ what: String) throws -> HostTensor {
    let tensor = try call.known(index, what)
    let indexes = broadcastIndexes(tensor.shape, to: try broadcastShape(tensor.shape, shape))
    guard indexes.count == shape.reduce(1, *) else {
      throw ImportError("\(what) does not fit")
    }
    return tensor.picking(indexes, shape: shape)
  }
  let scale = try parameters(1, "the scale")
  let bias =
    call.has(2)
    ? try parameters(2, "the bias")
    : HostTensor(shape, floats: Array(repeating: 0, count: scale.count))
  // All normalised axes become the last one; their elements may lie in any order.
  let factors = normal.flatMap { x.factors($0) }
  guard !factors.contains(0) else { throw ImportError.mixesImages }
  let others = x.dimensions.indices.filter { !factors.contains($0) }
  let order = factors.sorted()
  let source = try call.lowering.arranged(x, others.map { [$0] } + [order])
  func laid(_ tensor: HostTensor) throws -> Int {
    let split = tensor.reshaped(factors.map { x.dimensions[$0] })
      .transposed(order.map { factors.firstIndex(of: $0)! })
    return try call.builder.constant(split.floats, [split.count])
  }
  let normalized = try call.builder.node(
    "layer_norm", [source, laid(scale), laid(bias)], [.float(Double(epsilon))])
  // Back to an axis for each factor.
  let places = others + order
  var result = x
  result.tensor = normalized
  result.dimensions = places.map { x.dimensions[$0] }
  result.axes = x.axes.map { $0.compactMap { places.firstIndex(of: $0) } }
  return [.value(result)] + moments
}

private func evaluateRMSNorm(_ call: Evaluation) throws -> [HostTensor] {
  call.node.ignore("stash_type")
  let x = try call.input(0)
  let axis = try checkedAxis(try call.node.integer("axis", -1), rank: x.shape.count)
  let epsilon = Double(try call.node.float("epsilon", 1e-5))
  let count = x.shape[axis...].reduce(1, *)
  let normal = try alongAxis(x.reshaped([x.count / max(count, 1), count]), 1) { line in
    let square = line.reduce(0) { $0 + $1 * $1 } / Double(count)
    return line.map { $0 / (square + epsilon).squareRoot() }
  }.reshaped(x.shape)
  return [try broadcast(normal, call.input(1), *, { $1 })]
}

private func lowerRMSNorm(_ call: NodeLowering) throws -> [Operand] {
  call.node.ignore("stash_type")
  let x = try call.value(0)
  let axis = try checkedAxis(try call.node.integer("axis", -1), rank: x.rank)
  let epsilon = try call.node.float("epsilon", 1e-5)
  let squares = try call.reduced(call.power(x, 2), "reduce_mean", Array(axis..<x.rank))
  let raised = try call.binary("add", .value(squares), .scalar(epsilon))
  let size = try call.lowering.elementwise("sqrt", raised)
  let normal = try call.binary("div", .value(x), .value(size))
  return [.value(try call.binary("mul", .value(normal), call.operand(1)))]
}

private func evaluateLRN(_ call: Evaluation) throws -> [HostTensor] {
  let x = try call.input(0)
  let size = try call.node.integer("size", 0)
  let alpha = Double(try call.node.float("alpha", 1e-4))
  let beta = Double(try call.node.float("beta", 0.75))
  let bias = Double(try call.node.float("bias", 1))
  guard x.shape.count >= 2, size >= 1, size <= 1 << 20 else {
    throw ImportError("size \(size), rank \(x.shape.count)")
  }
  return [
    try alongAxis(x, 1) { line in
      line.indices.map { c in
        let window = max(0, c - (size - 1) / 2)...min(line.count - 1, c + size / 2)
        let squares = window.reduce(0) { $0 + line[$1] * line[$1] }
        return line[c] / pow(bias + alpha / Double(size) * squares, beta)
      }
    }
  ]
}

private func lowerLRN(_ call: NodeLowering) throws -> [Operand] {
  let x = try call.value(0)
  guard x.rank >= 2 else { throw ImportError("rank \(x.rank)") }
  var (value, _) = try call.lowering.lastAxis(x, 1)
  value.tensor = try call.builder.node(
    "lrn", [value.tensor],
    [
      .integer(try call.node.integer("size", 0)),
      .float(Double(try call.node.float("alpha", 1e-4))),
      .float(Double(try call.node.float("beta", 0.75))),
      .float(Double(try call.node.float("bias", 1))),
    ])
  return [.value(value)]
}
