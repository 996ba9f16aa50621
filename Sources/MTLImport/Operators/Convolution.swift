/// Convolution and its transposition.
let convolutionOperators: [String: OperatorImport] = [
  "Conv": OperatorImport(evaluateConv, lowerConv),
  "ConvTranspose": OperatorImport(evaluateConvTranspose, lowerConvTranspose),
]

private func evaluateConv(_ call: Evaluation) throws -> [HostTensor] {
  let (x, weights) = (try call.input(0), try call.input(1))
  let (window, groups) = try convolution(
    call.node, x: x.shape, weights: weights.shape, bias: call.optional(2)?.shape)
  return [
    try convolved(x, weights, bias: call.optional(2)?.floats, window, groups: groups)
  ]
}

/// The window and the groups of a convolution. Errors: the shapes do not fit.
private func convolution(
  _ node: SourceNode, x: [Int], weights: [Int], bias: [Int]?
) throws -> (SpatialWindow, groups: Int) {
  guard x.count >= 3, x.count == weights.count else {
    throw ImportError("shapes \(shapeText(x)) and \(shapeText(weights)) do not fit")
  }
  let groups = try node.integer("group", 1)
  let kernel = Array(weights[2...])
  if let stated = try node.integers("kernel_shape"), stated != kernel {
    throw ImportError("attribute kernel_shape is \(stated), the weights are \(kernel)")
  }
  guard groups >= 1, x[1] % groups == 0, weights[0] % groups == 0, weights[1] == x[1] / groups,
    bias == nil || bias! == [weights[0]]
  else { throw ImportError("\(x[1]) channels, weights \(shapeText(weights)), group \(groups)") }
  return (try SpatialWindow(node, input: Array(x[2...]), kernel: kernel), groups)
}

private func lowerConv(_ call: NodeLowering) throws -> [Operand] {
  let x = try call.value(0)
  let weights = try call.known(1, "the weights")
  let bias = try call.optional(2, "the bias")
  let (window, groups) = try convolution(
    call.node, x: x.shape(batch: 1), weights: weights.shape, bias: bias?.shape)
  guard window.rank <= 2 else {
    throw ImportError("\(window.rank) spatial axes; 1 and 2 are known")
  }
  let image = try call.lowering.image(x)
  let kernel = window.kernel + (window.rank == 1 ? [1] : [])
  let laid = weights.reshaped([weights.shape[0], weights.shape[1]] + kernel)
    .transposed([0, 2, 3, 1])
  var inputs: [Int?] = [image, try call.builder.constant(laid.floats, laid.shape)]
  if let bias { inputs.append(try call.builder.constant(bias.floats, bias.shape)) }
  let result = try call.builder.node(
    "conv", inputs,
    window.slots + window.dilationSlots + [.integer(groups)])
  return [.value(call.lowering.image(result, rank: x.rank, type: x.type))]
}

extension SpatialWindow {
  /// Strides and padding in the order of a model file's attributes; a row has width 1.
  var slots: [Attribute] {
    let isRow = rank == 1
    return [
      strides[0], isRow ? 1 : strides[1], before[0], isRow ? 0 : before[1], after[0],
      isRow ? 0 : after[1],
    ].map { .integer($0) }
  }

  var dilationSlots: [Attribute] {
    [.integer(dilations[0]), .integer(rank == 1 ? 1 : dilations[1])]
  }

  var kernelSlots: [Attribute] {
    [.integer(kernel[0]), .integer(rank == 1 ? 1 : kernel[1])]
  }
}

/// What ConvTranspose's attributes say: padding to take off and elements to add behind.
private struct Transposition {
  let window: SpatialWindow
  let groups: Int
  let extra: [Int]
  let output: [Int]

  /// Weights are (C, O / groups, …).
  init(_ node: SourceNode, x: [Int], weights: [Int], bias: [Int]?) throws {
    guard x.count >= 3, x.count == weights.count else {
      throw ImportError("shapes \(shapeText(x)) and \(shapeText(weights)) do not fit")
    }
    groups = try node.integer("group", 1)
    let kernel = Array(weights[2...])
    if let stated = try node.integers("kernel_shape"), stated != kernel {
      throw ImportError("attribute kernel_shape is \(stated), the weights are \(kernel)")
    }
    guard groups >= 1, weights[0] == x[1], x[1] % groups == 0,
      bias == nil || bias! == [weights[1] * groups]
    else { throw ImportError("\(x[1]) channels, weights \(shapeText(weights)), group \(groups)") }
    let rank = kernel.count
    let mode = try node.text("auto_pad", "NOTSET")
    guard ["NOTSET", "", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(mode) else {
      throw ImportError("attribute auto_pad is '\(mode)'")
    }
    // The kernel always fits: it is laid at each element.
    var window = try SpatialWindow(
      SourceNode(
        op: node.op, name: node.name, inputs: [], outputs: [],
        attributes: node.attributes.filter { ["strides", "dilations"].contains($0.key) }),
      input: zip(Array(x[2...]), kernel).map { $0 + $1 * (1 << 12) }, kernel: kernel)
    node.ignore("strides", "dilations", "output_shape")
    let pads = try node.integers("pads") ?? Array(repeating: 0, count: 2 * rank)
    var extra = try node.integers("output_padding") ?? Array(repeating: 0, count: rank)
    guard pads.count == 2 * rank, extra.count == rank, (pads + extra).allSatisfy({ $0 >= 0 })
    else { throw ImportError("pads or output_padding do not fit") }
    (window.before, window.after) = (Array(pads[..<rank]), Array(pads[rank...]))
    let stated = try node.integers("output_shape").map { Array($0.suffix(rank)) }
    for axis in 0..<rank {
      let full = (x[axis + 2] - 1) * window.strides[axis] + window.extent(axis)
      var wanted = stated?[axis]
      if mode.hasPrefix("SAME"), wanted == nil { wanted = x[axis + 2] * window.strides[axis] }
      if mode == "VALID" { (window.before[axis], window.after[axis]) = (0, 0) }
      if let wanted {
        let total = full + extra[axis] - wanted
        guard total >= 0 || stated != nil else {
          throw ImportError(
            """
            attribute auto_pad is '\(mode)' where the stride is larger than the kernel, which \
            frameworks read differently; write pads and output_padding
            """)
        }
        if total < 0 { extra[axis] -= total }
        // The odd element is taken off in front, but for SAME_UPPER.
        let padding = max(0, total)
        window.before[axis] = mode == "SAME_UPPER" ? padding / 2 : padding - padding / 2
        window.after[axis] = padding - window.before[axis]
      }
      window.output[axis] =
        full + extra[axis] - window.before[axis] - window.after[axis]
      guard window.output[axis] >= 1 else { throw ImportError("nothing is left of the result") }
    }
    self.window = window
    self.extra = extra
    output = window.output
  }
}

private func evaluateConvTranspose(_ call: Evaluation) throws -> [HostTensor] {
  let (x, weights) = (try call.input(0), try call.input(1))
  let form = try Transposition(
    call.node, x: x.shape, weights: weights.shape, bias: call.optional(2)?.shape)
  return [convolvedBack(x, weights, bias: call.optional(2)?.floats, form.window, form.groups)]
}

/// Each element of `x` adds the kernel, times itself, to the result.
private func convolvedBack(
  _ x: HostTensor, _ weights: HostTensor, bias: [Float]?, _ window: SpatialWindow, _ groups: Int
) -> HostTensor {
  let (images, channels) = (x.shape[0], x.shape[1])
  let each = weights.shape[1]
  let (inputs, places) = (Array(x.shape[2...]), window.output)
  let (inputCount, placeCount) = (inputs.reduce(1, *), places.reduce(1, *))
  let kernelCount = window.kernel.reduce(1, *)
  let outputs = each * groups
  var sums = Array(repeating: Double(0), count: images * outputs * placeCount)
  // For each element of the input and of the kernel, the element of the result, or none.
  let positions = indexTuples(inputs).map { at in
    indexTuples(window.kernel).map { k -> Int? in
      var index = 0
      for axis in at.indices {
        let place =
          at[axis] * window.strides[axis] + k[axis] * window.dilations[axis] - window.before[axis]
        guard place >= 0, place < places[axis] else { return nil }
        index = index * places[axis] + place
      }
      return index
    }
  }
  for n in 0..<images {
    for c in 0..<channels {
      let first = c / (channels / groups) * each
      for i in 0..<inputCount {
        let value = Double(x.floats[(n * channels + c) * inputCount + i])
        for o in 0..<each {
          let target = (n * outputs + first + o) * placeCount
          for k in 0..<kernelCount {
            guard let place = positions[i][k] else { continue }
            sums[target + place] +=
              value * Double(weights.floats[(c * each + o) * kernelCount + k])
          }
        }
      }
    }
  }
  let floats = sums.indices.map { index in
    Float(sums[index] + Double(bias?[index / placeCount % outputs] ?? 0))
  }
  return HostTensor([images, outputs] + places, floats: floats)
}

/// All indexes of a tensor of `shape`, the last fastest.
func indexTuples(_ shape: [Int]) -> [[Int]] {
  shape.reduce([[]]) { tuples, size in
    tuples.flatMap { tuple in (0..<size).map { tuple + [$0] } }
  }
}

private func lowerConvTranspose(_ call: NodeLowering) throws -> [Operand] {
  let x = try call.value(0)
  let weights = try call.known(1, "the weights")
  let bias = try call.optional(2, "the bias")
  let form = try Transposition(
    call.node, x: x.shape(batch: 1), weights: weights.shape, bias: bias?.shape)
  let (window, rank) = (form.window, form.window.rank)
  guard rank <= 2 else { throw ImportError("\(rank) spatial axes; 1 and 2 are known") }
  // (groups, C / groups, O / groups, …) to (O, …, C / groups).
  let (groups, each) = (form.groups, weights.shape[1])
  let depth = weights.shape[0] / groups
  let kernel = window.kernel + (rank == 1 ? [1] : [])
  let laid = weights.reshaped([groups, depth, each, kernel.reduce(1, *)])
    .transposed([0, 2, 3, 1]).reshaped([groups * each] + kernel + [depth])
  var inputs: [Int?] = [
    try call.lowering.image(x), try call.builder.constant(laid.floats, laid.shape),
  ]
  if let bias { inputs.append(try call.builder.constant(bias.floats, bias.shape)) }
  let extra = form.extra + (rank == 1 ? [0] : [])
  let result = try call.builder.node(
    "conv_transpose", inputs,
    window.slots + window.dilationSlots + [.integer(groups)] + extra.map { .integer($0) })
  return [.value(call.lowering.image(result, rank: x.rank, type: x.type))]
}
