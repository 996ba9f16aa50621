/// Matrix products.
let matrixOperators: [String: OperatorImport] = [
  "MatMul": OperatorImport(
    { call in [try matrixProduct(call.input(0), call.input(1))] },
    { call in [.value(try lowerProduct(call, call.operand(0), call.operand(1)))] }),
  "Gemm": OperatorImport(evaluateGemm, lowerGemm),
  "Einsum": OperatorImport(evaluateEinsum, lowerEinsum),
]

/// `a (…, M, K) * b (…, K, P)`, the axes before broadcast; a list is a row on the left and a
/// column on the right.
func matrixProduct(_ a: HostTensor, _ b: HostTensor) throws -> HostTensor {
  guard a.type.isFloating, b.type.isFloating, !a.shape.isEmpty, !b.shape.isEmpty else {
    throw ImportError("operands \(a.type) \(shapeText(a.shape)), \(b.type) \(shapeText(b.shape))")
  }
  let left = a.shape.count == 1 ? [1] + a.shape : a.shape
  let right = b.shape.count == 1 ? b.shape + [1] : b.shape
  let (rows, depth) = (left[left.count - 2], left.last!)
  let columns = right.last!
  guard right[right.count - 2] == depth else {
    throw ImportError("shapes \(shapeText(a.shape)) and \(shapeText(b.shape)) do not fit")
  }
  let outer = try broadcastShape(Array(left.dropLast(2)), Array(right.dropLast(2)))
  _ = try checkedCount(outer + [rows, columns])
  let lefts = broadcastIndexes(Array(left.dropLast(2)), to: outer)
  let rights = broadcastIndexes(Array(right.dropLast(2)), to: outer)
  var result = Array(repeating: Float(0), count: lefts.count * rows * columns)
  if rows > 0 && columns > 0 && depth > 0 {
    for (index, (l, r)) in zip(lefts, rights).enumerated() {
      a.floats.withUnsafeBufferPointer { a in
        b.floats.withUnsafeBufferPointer { b in
          result.withUnsafeMutableBufferPointer { result in
            exactProduct(
              rows: rows, columns: columns, depth: depth, a.baseAddress! + l * rows * depth,
              b.baseAddress! + r * depth * columns,
              to: result.baseAddress! + index * rows * columns)
          }
        }
      }
    }
  }
  var shape = outer
  if a.shape.count > 1 { shape.append(rows) }
  if b.shape.count > 1 { shape.append(columns) }
  return HostTensor(shape, floats: result)
}

private func lowerProduct(_ call: NodeLowering, _ a: Operand, _ b: Operand) throws -> Value {
  if case .known(let known) = b, case .value(let x) = a {
    let weights = try call.lowering.uniform(known)
    if weights.shape.count == 2 {
      return try call.dense(x, weights.transposed([1, 0]), bias: nil)
    }
    if weights.shape.count == 1 {
      let product = try call.dense(x, weights.reshaped([1, weights.count]), bias: nil)
      var result = product
      result.axes.removeLast()
      return result
    }
  }
  return try call.product(a, b)
}

extension NodeLowering {
  /// `x (…, K)` times the transposition of `weights (O, K)`, plus `bias (O)`.
  func dense(_ x: Value, _ weights: HostTensor, bias: HostTensor?) throws -> Value {
    guard x.rank >= 1, weights.shape.count == 2, x.size(x.rank - 1) == weights.shape[1],
      weights.type.isFloating
    else {
      throw ImportError(
        "\(shapeText(x.shape(batch: 1))) does not fit weights \(shapeText(weights.shape))")
    }
    let factors = x.factors(x.rank - 1)
    guard !factors.contains(0) else { throw ImportError.mixesImages }
    // The rows of the weights take the order in which the elements of the input lie.
    let order = factors.sorted()
    let sizes = factors.map { x.dimensions[$0] }
    let laid = weights.reshaped([weights.shape[0]] + sizes)
      .transposed([0] + order.map { factors.firstIndex(of: $0)! + 1 })
    let others = x.dimensions.indices.filter {
      !factors.contains($0) && ($0 == 0 || x.dimensions[$0] > 1)
    }
    var inputs: [Int?] = [
      try lowering.arranged(x, others.map { [$0] } + [order]),
      try builder.constant(laid.floats, weights.shape),
    ]
    if let bias { inputs.append(try builder.constant(bias.asFloats, [weights.shape[0]])) }
    let result = try builder.node("dense", inputs)
    var axes = x.axes.map { $0.compactMap { others.firstIndex(of: $0) } }
    axes[x.rank - 1] = [others.count]
    return Value(
      tensor: result, dimensions: others.map { x.dimensions[$0] } + [weights.shape[0]],
      axes: axes, type: x.type)
  }

  /// ONNX's MatMul of operands of which at least one is a value; lists are rows and columns.
  func product(_ a: Operand, _ b: Operand) throws -> Value {
    let (left, isRow) = try matrix(a, isLeft: true)
    let (right, isColumn) = try matrix(b, isLeft: false)
    let rank = max(rank(of: left), rank(of: right))
    let (l, r) = (padded(left, rank), padded(right, rank))
    // The axes before the last two meet as in any broadcast; the last two lie last in either.
    let outer = Array(0..<rank - 2)
    let form = try productForm(l, r, outer: outer, rank: rank)
    let result = try builder.node(
      "matmul", [form.left, form.right], [.integer(0)])
    var value = Value(
      tensor: result, dimensions: builder.shape(result), axes: form.axes, type: a.type)
    if isColumn { value.axes.removeLast() }
    if isRow { value.axes.remove(at: value.axes.count - (isColumn ? 1 : 2)) }
    return value
  }

  private func rank(of operand: Operand) -> Int {
    switch operand {
    case .known(let known): known.one.shape.count
    case .value(let value): value.rank
    }
  }

  /// The operand with at least two axes, and whether one was added.
  private func matrix(_ operand: Operand, isLeft: Bool) throws -> (Operand, Bool) {
    guard rank(of: operand) == 1 else { return (operand, false) }
    switch operand {
    case .known(let known):
      let tensor = try known.fixed("an operand")
      let shape = isLeft ? [1, tensor.count] : [tensor.count, 1]
      return (.known(Known(tensor.reshaped(shape))), true)
    case .value(var value):
      value.axes.insert([], at: isLeft ? 0 : 1)
      return (.value(value), true)
    }
  }

  private func padded(_ operand: Operand, _ rank: Int) -> Operand {
    switch operand {
    case .known(let known):
      let missing = Array(repeating: 1, count: rank - known.one.shape.count)
      return .known(Known(known.one.reshaped(missing + known.one.shape)))
    case .value(var value):
      value.axes = Array(repeating: [], count: rank - value.rank) + value.axes
      return .value(value)
    }
  }

  /// Both operands as (1, outer …, rows, columns), and the axes of the product.
  private func productForm(
    _ a: Operand, _ b: Operand, outer: [Int], rank: Int
  ) throws -> (left: Int, right: Int, axes: [[Int]]) {
    // The outer axes of both, as an elementwise operator would see them.
    func outside(_ operand: Operand) throws -> Operand {
      guard case .value(let value) = operand else { return operand }
      for axis in [rank - 2, rank - 1] where value.factors(axis).contains(0) {
        throw ImportError.mixesImages
      }
      return operand
    }
    let operands = [try outside(a), try outside(b)]
    var sizes: [[Int]] = []  // the factors of each outer axis
    for axis in outer {
      var found: [Int] = []
      for case .value(let value) in operands {
        let factors = value.factors(axis).map { $0 == 0 ? 0 : value.dimensions[$0] }
        if !found.isEmpty && !factors.isEmpty && found != factors {
          throw ImportError("the axes before the last two are split differently")
        }
        if found.isEmpty { found = factors }
      }
      if found.isEmpty {
        for case .known(let known) in operands where known.one.shape[axis] > 1 {
          found = [known.one.shape[axis]]
        }
      }
      sizes.append(found)
    }
    let flat = sizes.flatMap { $0 }.filter { $0 != 0 }
    // A product has at least three axes, and the images are not one of the two that meet.
    func tensor(_ operand: Operand) throws -> Int {
      switch operand {
      case .value(let value):
        var groups: [[Int]] = [[0]]
        for axis in outer {
          let factors = value.factors(axis)
          let wanted = sizes[axis].count
          if factors.isEmpty {
            groups += Array(repeating: [], count: sizes[axis].filter { $0 != 0 }.count)
          } else {
            precondition(factors.count == wanted)
            groups += factors.filter { $0 != 0 }.map { [$0] }
          }
        }
        return try lowering.arranged(
          value, groups + [value.factors(rank - 2), value.factors(rank - 1)])
      case .known(let known):
        let tensor = try lowering.uniform(known)
        var shape = [1]
        for axis in outer {
          let full = sizes[axis].filter { $0 != 0 }
          guard tensor.shape[axis] == 1 || !sizes[axis].contains(0) else {
            throw ImportError("a constant differs from image to image")
          }
          shape += tensor.shape[axis] == 1 ? full.map { _ in 1 } : full
        }
        shape += tensor.shape.suffix(2)
        guard shape.reduce(1, *) == tensor.count else {
          throw ImportError("a constant does not fit the other operand")
        }
        return try builder.constant(tensor.asFloats, shape)
      }
    }
    var axes: [[Int]] = []
    var next = 1
    for list in sizes {
      axes.append(
        list.map { size in
          if size == 0 { return 0 }
          defer { next += 1 }
          return next
        })
    }
    axes += [[flat.count + 1], [flat.count + 2]]
    return (try tensor(operands[0]), try tensor(operands[1]), axes)
  }
}

private struct GemmForm {
  let transA: Bool
  let transB: Bool
  let alpha: Double
  let beta: Double

  init(_ node: SourceNode) throws {
    transA = try node.integer("transA", 0) != 0
    transB = try node.integer("transB", 0) != 0
    alpha = Double(try node.float("alpha", 1))
    beta = Double(try node.float("beta", 1))
    node.ignore("broadcast")
  }
}

private func evaluateGemm(_ call: Evaluation) throws -> [HostTensor] {
  let form = try GemmForm(call.node)
  let (a, b) = (try call.input(0), try call.input(1))
  guard a.shape.count == 2, b.shape.count == 2 else { throw ImportError("not two matrices") }
  let product = try matrixProduct(
    form.transA ? a.transposed([1, 0]) : a, form.transB ? b.transposed([1, 0]) : b)
  let scaled = mapped(product) { $0 * form.alpha }
  guard let c = call.optional(2) else { return [scaled] }
  return [try broadcast(scaled, mapped(c) { $0 * form.beta }, +, { $1 })]
}

private func lowerGemm(_ call: NodeLowering) throws -> [Operand] {
  let form = try GemmForm(call.node)
  if case .value(var x) = try call.operand(0), case .known(let right) = try call.operand(1),
    x.rank == 2
  {
    let b = try right.fixed("the right operand")
    guard b.shape.count == 2 else { throw ImportError("not two matrices") }
    if form.transA { x.axes.swapAt(0, 1) }
    let weights = mapped(form.transB ? b : b.transposed([1, 0])) { $0 * form.alpha }
    let outputs = weights.shape[0]
    var bias: HostTensor?
    if call.has(2), case .known(let known) = try call.operand(2),
      let c = try? known.fixed("the bias"), c.count == 1 || c.shape.suffix(1) == [outputs],
      c.count == 1 || c.count == outputs
    {
      let values = c.count == 1 ? Array(repeating: c.asFloats[0], count: outputs) : c.asFloats
      bias = mapped(HostTensor([outputs], floats: values)) { $0 * form.beta }
    }
    let product = try call.dense(x, weights, bias: bias)
    guard call.has(2), bias == nil else { return [.value(product)] }
    return [.value(try plus(call, product, form.beta))]
  }
  func oriented(_ operand: Operand, _ isTransposed: Bool) throws -> Operand {
    guard isTransposed else { return operand }
    switch operand {
    case .known(let known): return .known(Known(try known.fixed("an operand").transposed([1, 0])))
    case .value(var value):
      value.axes.swapAt(0, 1)
      return .value(value)
    }
  }
  let product = try call.product(
    oriented(call.operand(0), form.transA), oriented(call.operand(1), form.transB))
  let scaled = try call.scaled(product, by: form.alpha)
  return [.value(call.has(2) ? try plus(call, scaled, form.beta) : scaled)]
}

private func plus(_ call: NodeLowering, _ product: Value, _ beta: Double) throws -> Value {
  var c = try call.operand(2)
  if beta != 1 {
    switch c {
    case .known(let known): c = .known(Known(mapped(try known.fixed("the bias")) { $0 * beta }))
    case .value(let value): c = .value(try call.scaled(value, by: beta))
    }
  }
  return try call.binary("add", .value(product), c)
}
