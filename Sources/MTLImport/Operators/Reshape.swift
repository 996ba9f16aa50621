/// Operators that change the shape and not the elements.
let reshapeOperators: [String: OperatorImport] = [
  "Identity": OperatorImport({ [try $0.input(0)] }, { [try $0.operand(0)] }),
  "Dropout": OperatorImport(
    { call in
      call.node.ask(input: 1)
      try checkInference(call.node, training: call.optional(2))
      let x = try call.input(0)
      return call.node.outputs.count > 1 ? [x, everything(x.shape)] : [x]
    },
    { call in
      call.node.ask(input: 1)
      try checkInference(call.node, training: call.optional(2, "training_mode"))
      let x = try call.value(0)
      if call.node.outputs.count < 2 { return [.value(x)] }
      let (one, two) = call.lowering.shapes(x)
      return [.value(x), .known(Known(one: everything(one), two: everything(two)))]
    }),
  "Reshape": OperatorImport(
    { call in
      let x = try call.input(0)
      let target = try resolved(
        targetShape(call.node, call.optional(1)), from: x.shape, call.node)
      return [x.reshaped(target)]
    }, lowerReshape),
  "Flatten": OperatorImport(
    { call in
      let x = try call.input(0)
      return [x.reshaped(flatShape(x.shape, axis: try flatAxis(call.node, rank: x.shape.count)))]
    },
    { call in
      let x = try call.value(0)
      let axis = try flatAxis(call.node, rank: x.rank)
      var value = x
      value.axes = [
        (0..<axis).flatMap { x.factors($0) }, (axis..<x.rank).flatMap { x.factors($0) },
      ]
      return [.value(value)]
    }),
  "Squeeze": OperatorImport(
    { call in
      let x = try call.input(0)
      let axes =
        try axesInput(call.node, call.optional(1), rank: x.shape.count)
        ?? x.shape.indices.filter { x.shape[$0] == 1 }
      guard axes.allSatisfy({ x.shape[$0] == 1 }) else {
        throw ImportError("axes \(axes) of \(shapeText(x.shape)) are not 1")
      }
      return [x.reshaped(x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] })]
    },
    { call in
      let x = try call.value(0)
      let given = try axesInput(call.node, call.optional(1, "the list of axes"), rank: x.rank)
      let axes = given ?? x.axes.indices.filter { x.factors($0).isEmpty }
      guard axes.allSatisfy({ x.factors($0).isEmpty }) else {
        throw ImportError("axes \(axes) of \(shapeText(x.shape(batch: 1))) are not 1")
      }
      return [.value(call.dropping(axes, of: x))]
    }),
  "Unsqueeze": OperatorImport(
    { call in
      let x = try call.input(0)
      var shape = x.shape
      for axis in try insertedAxes(call.node, call.optional(1), rank: shape.count) {
        shape.insert(1, at: axis)
      }
      return [x.reshaped(shape)]
    },
    { call in
      var x = try call.value(0)
      let axes = try insertedAxes(
        call.node, call.optional(1, "the list of axes"), rank: x.rank)
      for axis in axes { x.axes.insert([], at: axis) }
      return [.value(x)]
    }),
  "Transpose": OperatorImport(
    { call in
      let x = try call.input(0)
      return [x.transposed(try permutation(call.node, rank: x.shape.count))]
    },
    { call in
      var x = try call.value(0)
      x.axes = try permutation(call.node, rank: x.rank).map { x.axes[$0] }
      return [.value(x)]
    }),
  "Shape": OperatorImport(
    { call in
      let shape = try call.input(0).shape
      return [HostTensor(list: try shapeSlice(call.node, shape))]
    },
    { call in
      let (one, two) = call.lowering.shapes(try call.value(0))
      return [
        .known(
          Known(
            one: HostTensor(list: try shapeSlice(call.node, one)),
            two: HostTensor(list: try shapeSlice(call.node, two))))
      ]
    }),
  "Size": OperatorImport(
    { call in [HostTensor(.int64, [], integers: [Int64(try call.input(0).count)])] },
    { call in
      let (one, two) = call.lowering.shapes(try call.value(0))
      func size(_ shape: [Int]) -> HostTensor {
        HostTensor(.int64, [], integers: [Int64(shape.reduce(1, *))])
      }
      return [.known(Known(one: size(one), two: size(two)))]
    }),
  "DepthToSpace": OperatorImport(
    { call in
      let x = try call.input(0)
      let (split, order, target) = try depthToSpace(call.node, x.shape)
      return [x.reshaped(split).transposed(order).reshaped(target)]
    },
    { call in try blocks(call) { try depthToSpace(call.node, $0) } }),
  "SpaceToDepth": OperatorImport(
    { call in
      let x = try call.input(0)
      let (split, order, target) = try spaceToDepth(call.node, x.shape)
      return [x.reshaped(split).transposed(order).reshaped(target)]
    },
    { call in try blocks(call) { try spaceToDepth(call.node, $0) } }),
]

private func checkInference(_ node: SourceNode, training: HostTensor?) throws {
  node.ignore("ratio", "seed", "is_test")
  guard training == nil || training!.integers.first == 0 else {
    throw ImportError("it is in training mode")
  }
}

/// The mask of a dropout that drops nothing.
private func everything(_ shape: [Int]) -> HostTensor {
  HostTensor(.bool, shape, integers: Array(repeating: 1, count: shape.reduce(1, *)))
}

/// An input since operator set 5, an attribute before.
private func targetShape(_ node: SourceNode, _ input: HostTensor?) throws -> [Int] {
  guard let input else {
    guard let shape = try node.integers("shape") else { throw ImportError("no shape is given") }
    return shape
  }
  return try input.asIntegers("the shape")
}

/// `target` with 0 and -1 replaced by what they stand for.
private func resolved(_ target: [Int], from shape: [Int], _ node: SourceNode) throws -> [Int] {
  let allowsZero = try node.integer("allowzero", 0) != 0
  var result = try target.enumerated().map { index, size -> Int in
    guard size == 0, !allowsZero else { return size }
    guard index < shape.count else { throw ImportError("0 in place \(index) of the shape") }
    return shape[index]
  }
  let count = try checkedCount(shape)
  if let free = result.firstIndex(of: -1) {
    let rest = try checkedCount(result.enumerated().filter { $0.offset != free }.map { $0.element })
    guard rest > 0, count % rest == 0 else {
      throw ImportError("\(shapeText(shape)) cannot be reshaped to \(shapeText(target))")
    }
    result[free] = count / rest
  }
  guard try checkedCount(result) == count else {
    throw ImportError("\(shapeText(shape)) cannot be reshaped to \(shapeText(target))")
  }
  return result
}

private func lowerReshape(_ call: NodeLowering) throws -> [Operand] {
  let x = try call.value(0)
  var (one, two) = ([Int](), [Int]())
  if call.has(1) {
    guard case .known(let shape) = try call.operand(1) else {
      throw ImportError("the shape is computed from the image")
    }
    one = try shape.one.asIntegers("the shape")
    two = try (shape.two ?? shape.one).asIntegers("the shape")
  } else {
    one = try targetShape(call.node, nil)
    two = one
  }
  let (from, fromTwo) = call.lowering.shapes(x)
  // A model that is written for a fixed number of images says so in its shapes.
  if call.lowering.isBatched, one == two, x.factors(0) == [0], !one.isEmpty,
    one[0] == call.lowering.declaredBatch
  {
    (one[0], two[0]) = (1, 2)
    // Where the rest is stated, it is that of one image.
  }
  return [
    .value(
      try call.lowering.reshaped(
        x, one: resolved(one, from: from, call.node),
        two: resolved(two, from: fromTwo, call.node)))
  ]
}

private func flatAxis(_ node: SourceNode, rank: Int) throws -> Int {
  let axis = try node.integer("axis", 1)
  return axis == rank ? axis : try checkedAxis(axis, rank: rank)
}

private func flatShape(_ shape: [Int], axis: Int) -> [Int] {
  [shape[..<axis].reduce(1, *), shape[axis...].reduce(1, *)]
}

/// An attribute up to operator set 12, an input since; nil if it is neither.
private func axesInput(_ node: SourceNode, _ input: HostTensor?, rank: Int) throws -> [Int]? {
  let list = try input.map { try $0.asIntegers("the list of axes") } ?? node.integers("axes")
  return try list.map { try checkedAxes($0, rank: rank) }
}

private func insertedAxes(_ node: SourceNode, _ input: HostTensor?, rank: Int) throws -> [Int] {
  let list = try input.map { try $0.asIntegers("the list of axes") } ?? node.integers("axes") ?? []
  guard list.count <= 32 else { throw ImportError("\(list.count) axes") }
  return try checkedAxes(list, rank: rank + list.count).sorted()
}

private func permutation(_ node: SourceNode, rank: Int) throws -> [Int] {
  let given = try node.integers("perm") ?? Array((0..<rank).reversed())
  guard given.sorted() == Array(0..<rank) else {
    throw ImportError("attribute perm is \(given) for rank \(rank)")
  }
  return given
}

private func shapeSlice(_ node: SourceNode, _ shape: [Int]) throws -> [Int] {
  func place(_ index: Int) -> Int {
    max(0, min(shape.count, index < 0 ? index + shape.count : index))
  }
  let start = place(try node.integer("start", 0))
  let end = place(try node.integer("end", shape.count))
  return start < end ? Array(shape[start..<end]) : []
}

private typealias Blocks = (split: [Int], order: [Int], target: [Int])

private func depthToSpace(_ node: SourceNode, _ shape: [Int]) throws -> Blocks {
  let size = try node.integer("blocksize", 0)
  let mode = try node.text("mode", "DCR")
  guard shape.count == 4, (1...1024).contains(size), shape[1] % (size * size) == 0,
    mode == "DCR" || mode == "CRD"
  else { throw ImportError("blocks of \(size) of \(shapeText(shape)), mode '\(mode)'") }
  let (n, c, h, w) = (shape[0], shape[1] / (size * size), shape[2], shape[3])
  let target = [n, c, h * size, w * size]
  return mode == "DCR"
    ? ([n, size, size, c, h, w], [0, 3, 4, 1, 5, 2], target)
    : ([n, c, size, size, h, w], [0, 1, 4, 2, 5, 3], target)
}

private func spaceToDepth(_ node: SourceNode, _ shape: [Int]) throws -> Blocks {
  let size = try node.integer("blocksize", 0)
  let mode = try node.text("mode", "DCR")
  guard shape.count == 4, (1...(1 << 16)).contains(size), shape[2] % size == 0,
    shape[3] % size == 0, mode == "DCR" || mode == "CRD"
  else { throw ImportError("blocks of \(size) of \(shapeText(shape)), mode '\(mode)'") }
  let (n, c, h, w) = (shape[0], shape[1], shape[2] / size, shape[3] / size)
  return (
    [n, c, h, size, w, size], mode == "DCR" ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4],
    [n, c * size * size, h, w]
  )
}

/// Splits, moves and merges axes.
private func blocks(
  _ call: NodeLowering, _ form: ([Int]) throws -> Blocks
) throws -> [Operand] {
  let (shape, double) = call.lowering.shapes(try call.value(0))
  let (one, two) = (try form(shape), try form(double))
  var value = try call.lowering.reshaped(call.value(0), one: one.split, two: two.split)
  value.axes = one.order.map { value.axes[$0] }
  return [.value(try call.lowering.reshaped(value, one: one.target, two: two.target))]
}
