/// Operators that move elements.
let movementOperators: [String: OperatorImport] = [
  "Concat": OperatorImport(evaluateConcat, lowerConcat),
  "Split": OperatorImport(evaluateSplit, lowerSplit),
  "Slice": OperatorImport(evaluateSlice, lowerSlice),
  "Gather": OperatorImport(evaluateGather, lowerGather),
  "Pad": OperatorImport(evaluatePad, lowerPad),
  "Tile": OperatorImport(
    { call in
      let x = try call.input(0)
      let repeats = try call.input(1).asIntegers("the repeats")
      guard repeats.count == x.shape.count, repeats.allSatisfy({ $0 >= 0 }) else {
        throw ImportError("\(repeats) for rank \(x.shape.count)")
      }
      let shape = try zip(x.shape, repeats).map { try checkedCount([$0, $1]) }
      _ = try checkedCount(shape)
      return [try repeated(x, shape)]
    },
    { call in
      var x = try call.value(0)
      let repeats = try call.known(1, "the repeats").asIntegers("the repeats")
      guard repeats.count == x.rank, repeats.allSatisfy({ $0 >= 1 }) else {
        throw ImportError("\(repeats) for rank \(x.rank)")
      }
      for (axis, count) in repeats.enumerated() where count > 1 {
        let size = x.size(axis)
        x = try call.gathered(
          x, axis, (0..<(try checkedCount([size, count]))).map { $0 % size })
      }
      return [.value(x)]
    }),
  "Expand": OperatorImport(
    { call in
      let x = try call.input(0)
      let target = try call.input(1).asIntegers("the shape")
      let shape = try broadcastShape(x.shape, target)
      return [x.picking(broadcastIndexes(x.shape, to: shape), shape: shape)]
    }, lowerExpand),
]

extension NodeLowering {
  /// `count` elements from `start` on along an axis, `step` apart.
  func sliced(_ x: Value, _ axis: Int, start: Int, count: Int, step: Int) throws -> Value {
    if start == 0 && step == 1 && count == x.size(axis) { return x }
    var (value, lowered) = try lowering.isolated(x, axis)
    value.tensor = try builder.node(
      "slice", [value.tensor],
      [.integer(lowered), .integer(start), .integer(count), .integer(step)])
    value.dimensions[lowered] = count
    return value
  }

  /// With `before` and `after` elements `fill` added along an axis.
  func padded(
    _ x: Value, _ axis: Int, _ before: Int, _ after: Int, _ fill: Double
  ) throws -> Value {
    if before == 0 && after == 0 { return x }
    var (value, lowered) = try lowering.isolated(x, axis)
    value.tensor = try builder.node(
      "pad", [value.tensor],
      [.integer(lowered), .integer(before), .integer(after), .float(fill)])
    value.dimensions[lowered] += before + after
    return value
  }

  /// Elements `indexes` along an axis.
  func gathered(_ x: Value, _ axis: Int, _ indexes: [Int]) throws -> Value {
    var (value, lowered) = try lowering.isolated(x, axis)
    value.tensor = try builder.node(
      "gather", [value.tensor, builder.constant(indices: indexes, [indexes.count])],
      [.integer(lowered)])
    value.dimensions[lowered] = indexes.count
    return value
  }
}

/// Every element of the result is the one at its index modulo the source's shape.
private func repeated(_ x: HostTensor, _ shape: [Int]) throws -> HostTensor {
  guard !x.shape.contains(0) else { return x.picking([], shape: shape) }
  let strides = rowMajorStrides(x.shape)
  var indexes = [0]
  for axis in shape.indices {
    indexes = indexes.flatMap { base in
      (0..<shape[axis]).map { base + $0 % x.shape[axis] * strides[axis] }
    }
  }
  return x.picking(indexes, shape: shape)
}

private func evaluateConcat(_ call: Evaluation) throws -> [HostTensor] {
  let parts = try call.inputs.indices.map { try call.input($0) }
  guard let first = parts.first, !first.shape.isEmpty else { throw ImportError("nothing to join") }
  let axis = try checkedAxis(try call.node.integer("axis", 1), rank: first.shape.count)
  for part in parts {
    guard part.type == first.type, part.shape.count == first.shape.count,
      part.shape.indices.allSatisfy({ $0 == axis || part.shape[$0] == first.shape[$0] })
    else { throw ImportError("shapes \(parts.map { shapeText($0.shape) }) do not fit") }
  }
  var shape = first.shape
  shape[axis] = parts.reduce(0) { $0 + $1.shape[axis] }
  _ = try checkedCount(shape)
  var result = HostTensor.empty(first.type)
  for outer in 0..<first.shape[..<axis].reduce(1, *) {
    for part in parts {
      let count = part.shape[axis...].reduce(1, *)
      result.append(part, outer * count..<(outer + 1) * count)
    }
  }
  result.shape = shape
  return [result]
}

extension HostTensor {
  fileprivate static func empty(_ type: DataType) -> HostTensor {
    type.isFloating
      ? HostTensor([0], floats: []).typed(type) : HostTensor(type, [0], integers: [])
  }

  fileprivate mutating func append(_ part: HostTensor, _ range: Range<Int>) {
    if type.isFloating {
      floats += part.floats[range]
    } else {
      integers += part.integers[range]
    }
  }
}

private func lowerConcat(_ call: NodeLowering) throws -> [Operand] {
  let operands = try call.inputs.indices.map { try call.operand($0) }
  let values = operands.compactMap { operand -> Value? in
    if case .value(let value) = operand { return value }
    return nil
  }
  guard let first = values.first else { throw ImportError("nothing to join") }
  let axis = try checkedAxis(try call.node.integer("axis", 1), rank: first.rank)
  if operands.count == 1 { return operands }
  // Seen with 1 on the joined axis, the operands must have the same axes.
  let (frame, tensors, sizes, place) = try call.lowering.joined(operands, axis: axis)
  let result = try call.builder.node("concat", tensors.map { $0 }, [.integer(place)])
  var whole = frame
  whole.dimensions[place] = sizes.reduce(0, +)
  return [.value(whole.value(result, type: first.type))]
}

private func evaluateSplit(_ call: Evaluation) throws -> [HostTensor] {
  let x = try call.input(0)
  let axis = try checkedAxis(try call.node.integer("axis", 0), rank: x.shape.count)
  let sizes = try splitSizes(call.node, call.optional(1), size: x.shape[axis])
  var start = 0
  return sizes.map { size in
    defer { start += size }
    return slice(x, axis, start: start, count: size, step: 1)
  }
}

private func splitSizes(_ node: SourceNode, _ input: HostTensor?, size: Int) throws -> [Int] {
  let count = node.outputs.count
  _ = try node.integer("num_outputs")
  let given = try input.map { try $0.asIntegers("the sizes") } ?? node.integers("split")
  if let given {
    guard given.count == count, given.allSatisfy({ (0...size).contains($0) }),
      given.reduce(0, +) == size
    else { throw ImportError("sizes \(given) of \(size)") }
    return given
  }
  let each = (size + count - 1) / max(1, count)
  let last = size - each * (count - 1)
  guard count > 0, last >= 0 else { throw ImportError("\(size) in \(count) parts") }
  return Array(repeating: each, count: count - 1) + [last]
}

private func lowerSplit(_ call: NodeLowering) throws -> [Operand] {
  let x = try call.value(0)
  let axis = try checkedAxis(try call.node.integer("axis", 0), rank: x.rank)
  guard !x.factors(axis).contains(0) else { throw ImportError.mixesImages }
  let sizes = try splitSizes(call.node, call.optional(1, "the sizes"), size: x.size(axis))
  guard sizes.allSatisfy({ $0 > 0 }) else { throw ImportError("a part without elements") }
  var start = 0
  var parts: [Operand] = []
  for (size, name) in zip(sizes, call.node.outputs) {
    defer { start += size }
    parts.append(
      .value(
        name.isEmpty ? x : try call.sliced(x, axis, start: start, count: size, step: 1)))
  }
  return parts
}

/// Elements `start`, `start + step`, … along an axis; `step` may be negative.
private func slice(
  _ x: HostTensor, _ axis: Int, start: Int, count: Int, step: Int
) -> HostTensor {
  var (shape, strides) = (x.shape, rowMajorStrides(x.shape))
  shape[axis] = count
  let first = start * strides[axis]
  strides[axis] *= step
  return x.picking(
    shape.contains(0) ? [] : stridedIndexes(shape, strides: strides, first: first), shape: shape)
}

/// What Slice takes of one axis.
private struct Cut {
  let axis: Int
  let start: Int
  let count: Int
  let step: Int
  /// Whether it takes everything, however many elements there are.
  let isWhole: Bool
}

private func cuts(
  _ node: SourceNode, _ inputs: (Int) throws -> [Int]?, shape: [Int]
) throws -> [Cut] {
  let starts = try inputs(1) ?? node.integers("starts") ?? []
  let ends = try inputs(2) ?? node.integers("ends") ?? []
  let axes = try inputs(3) ?? node.integers("axes") ?? Array(starts.indices)
  let steps = try inputs(4) ?? starts.map { _ in 1 }
  guard starts.count == ends.count, starts.count == axes.count, starts.count == steps.count else {
    throw ImportError("starts, ends, axes and steps do not fit")
  }
  return try checkedAxes(axes, rank: shape.count).enumerated().map { index, axis in
    let (size, step) = (shape[axis], steps[index])
    guard step != 0, step > -(1 << 31), step < 1 << 31 else { throw ImportError("step \(step)") }
    func place(_ value: Int, _ range: ClosedRange<Int>) -> Int {
      min(max(value < 0 ? max(value, -(1 << 40)) + size : value, range.lowerBound),
        range.upperBound)
    }
    let isWhole = step == 1 && starts[index] == 0 && ends[index] >= 1 << 30
    if step > 0 {
      let (from, to) = (place(starts[index], 0...size), place(ends[index], 0...size))
      return Cut(
        axis: axis, start: from, count: max(0, (to - from + step - 1) / step), step: step,
        isWhole: isWhole)
    }
    let (from, to) = (place(starts[index], 0...max(0, size - 1)), place(ends[index], -1...size))
    return Cut(
      axis: axis, start: from, count: max(0, (from - to - step - 1) / -step), step: step,
      isWhole: false)
  }
}

private func evaluateSlice(_ call: Evaluation) throws -> [HostTensor] {
  let x = try call.input(0)
  let list = try cuts(
    call.node, { try call.optional($0)?.asIntegers("a list of places") }, shape: x.shape)
  return [
    list.reduce(x) { slice($0, $1.axis, start: $1.start, count: $1.count, step: $1.step) }
  ]
}

private func lowerSlice(_ call: NodeLowering) throws -> [Operand] {
  var x = try call.value(0)
  let list = try cuts(
    call.node, { try call.optional($0, "places")?.asIntegers("a list of places") },
    shape: x.shape(batch: 1))
  for cut in list {
    if cut.isWhole { continue }
    guard !x.factors(cut.axis).contains(0) else { throw ImportError.mixesImages }
    guard cut.count > 0 else { throw ImportError("nothing is left of axis \(cut.axis)") }
    if cut.step > 0 {
      x = try call.sliced(
        x, cut.axis, start: cut.start, count: cut.count, step: cut.step)
    } else {
      x = try call.gathered(
        x, cut.axis, (0..<cut.count).map { cut.start + $0 * cut.step })
    }
  }
  return [.value(x)]
}

private func evaluateGather(_ call: Evaluation) throws -> [HostTensor] {
  let (x, indices) = (try call.input(0), try call.input(1))
  let axis = try checkedAxis(try call.node.integer("axis", 0), rank: x.shape.count)
  let list = try places(indices, size: x.shape[axis])
  let shape = Array(x.shape[..<axis]) + indices.shape + Array(x.shape[(axis + 1)...])
  _ = try checkedCount(shape)
  let step = x.shape[(axis + 1)...].reduce(1, *)
  let block = step * x.shape[axis]
  var picked: [Int] = []
  for outer in 0..<x.shape[..<axis].reduce(1, *) {
    for index in list {
      picked += outer * block + index * step..<outer * block + (index + 1) * step
    }
  }
  return [x.picking(picked, shape: shape)]
}

/// Indexes counted from the front. Errors: one is out of range.
private func places(_ indices: HostTensor, size: Int) throws -> [Int] {
  try indices.asIntegers("the list of indexes").map { index in
    guard index >= -size, index < size else { throw ImportError("index \(index) of \(size)") }
    return index < 0 ? index + size : index
  }
}

private func lowerGather(_ call: NodeLowering) throws -> [Operand] {
  let x = try call.value(0)
  let axis = try checkedAxis(try call.node.integer("axis", 0), rank: x.rank)
  guard !x.factors(axis).contains(0) else { throw ImportError.mixesImages }
  let indices = try call.known(1, "the list of indexes")
  let list = try places(indices, size: x.size(axis))
  guard let first = list.first else { throw ImportError("no index") }
  let isRun = list.indices.allSatisfy { list[$0] == first + $0 }
  var value =
    isRun
    ? try call.sliced(x, axis, start: first, count: list.count, step: 1)
    : try call.gathered(x, axis, list)
  // The indexes' shape takes the place of the axis.
  if indices.shape.count == 1 { return [.value(value)] }
  if indices.shape.isEmpty { return [.value(call.dropping([axis], of: value))] }
  let (single, lowered) = try call.lowering.isolated(value, axis)
  value = single.splitting(lowered, into: indices.shape)
  value.axes.replaceSubrange(
    axis...axis, with: indices.shape.indices.map { [lowered + $0] })
  return [.value(value)]
}

/// What Pad adds: for each axis elements before and behind; negative ones are taken off.
private struct Padding {
  var before: [Int]
  var after: [Int]
  let mode: String
  let fill: Double

  init(
    _ node: SourceNode, pads given: HostTensor?, fill: HostTensor?, axes: HostTensor?, rank: Int
  ) throws {
    let pads =
      try given.map { try $0.asIntegers("the list of pads") } ?? node.integers("pads")
      ?? node.integers("paddings") ?? []
    let list = try axes.map { try checkedAxes($0.asIntegers("the axes"), rank: rank) }
      ?? Array(0..<rank)
    guard pads.count == 2 * list.count, pads.allSatisfy({ abs($0) < 1 << 30 }) else {
      throw ImportError("\(pads.count) pads for \(list.count) axes")
    }
    before = Array(repeating: 0, count: rank)
    after = before
    for (index, axis) in list.enumerated() {
      (before[axis], after[axis]) = (pads[index], pads[index + list.count])
    }
    mode = try node.text("mode", "constant")
    guard ["constant", "reflect", "edge", "wrap"].contains(mode) else {
      throw ImportError("attribute mode is '\(mode)'")
    }
    let value = try node.float("value", 0)
    self.fill = fill.map { Double($0.asFloats.first ?? 0) } ?? Double(value)
  }

  /// For each place along an axis of `size` the element that stands there, nil for the fill.
  func places(_ axis: Int, size: Int) throws -> [Int?] {
    let count = size + before[axis] + after[axis]
    guard count >= 0, size > 0, count < 1 << 30 else { throw ImportError("nothing is left") }
    return try (0..<count).map { place in
      let at = place - before[axis]
      if at >= 0 && at < size { return at }
      switch mode {
      case "constant": return nil
      case "edge": return min(max(at, 0), size - 1)
      case "wrap": return (at % size + size) % size
      default:
        guard size > 1 || at == 0 else { throw ImportError("a reflection of one element") }
        let period = 2 * (size - 1)
        let phase = (at % period + period) % period
        return phase < size ? phase : period - phase
      }
    }
  }
}

private func evaluatePad(_ call: Evaluation) throws -> [HostTensor] {
  var x = try call.input(0)
  let padding = try Padding(
    call.node, pads: call.optional(1), fill: call.optional(2), axes: call.optional(3),
    rank: x.shape.count)
  for axis in x.shape.indices {
    let places = try padding.places(axis, size: x.shape[axis])
    var shape = x.shape
    shape[axis] = places.count
    _ = try checkedCount(shape)
    let step = rowMajorStrides(x.shape)[axis]
    let block = step * x.shape[axis]
    var result = x
    (result.floats, result.integers) = ([], [])
    for outer in 0..<x.shape[..<axis].reduce(1, *) {
      for place in places {
        if let place {
          result.append(
            x, outer * block + place * step..<outer * block + (place + 1) * step)
        } else if x.type.isFloating {
          result.floats += Array(repeating: Float(padding.fill), count: step)
        } else {
          result.integers += Array(repeating: Int64(padding.fill), count: step)
        }
      }
    }
    result.shape = shape
    x = result
  }
  return [x]
}

private func lowerPad(_ call: NodeLowering) throws -> [Operand] {
  var x = try call.value(0)
  let padding = try Padding(
    call.node, pads: call.optional(1, "the list of pads"), fill: call.optional(2, "the fill"),
    axes: call.optional(3, "the axes"), rank: x.rank)
  for axis in 0..<x.rank {
    let (before, after) = (padding.before[axis], padding.after[axis])
    if before == 0 && after == 0 { continue }
    guard !x.factors(axis).contains(0) else { throw ImportError.mixesImages }
    let places = try padding.places(axis, size: x.size(axis))
    guard !places.isEmpty else { throw ImportError("nothing is left of axis \(axis)") }
    if padding.mode == "constant" {
      let kept = places.compactMap { $0 }
      guard let first = kept.first else { throw ImportError("nothing is left of axis \(axis)") }
      x = try call.sliced(x, axis, start: first, count: kept.count, step: 1)
      x = try call.padded(
        x, axis, max(0, before), max(0, after), max(-1e308, min(1e308, padding.fill)))
    } else {
      x = try call.gathered(x, axis, places.map { $0! })
    }
  }
  return [.value(x)]
}

private func lowerExpand(_ call: NodeLowering) throws -> [Operand] {
  var x = try call.value(0)
  guard case .known(let target) = try call.operand(1) else {
    throw ImportError("the shape is computed from the image")
  }
  let one = try target.one.asIntegers("the shape")
  let (from, _) = call.lowering.shapes(x)
  let shape = try broadcastShape(from, one)
  x.axes = Array(repeating: [], count: shape.count - x.rank) + x.axes
  let isPerImage = target.two != nil
  for (axis, size) in shape.enumerated() where x.size(axis) != size {
    // A model that is written for a fixed number of images names it.
    if x.factors(axis) == [0] && size == call.lowering.declaredBatch { continue }
    x = try call.gathered(x, axis, Array(repeating: 0, count: size))
  }
  if isPerImage {
    // What grows with the images must be the images.
    let two = try target.two!.asIntegers("the shape")
    let full = try broadcastShape(call.lowering.shapes(x).two, two)
    guard full == call.lowering.shapes(x).two else { throw ImportError.mixesImages }
  }
  return [.value(x)]
}
