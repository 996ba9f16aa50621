/// A pool on its way into a model file: what rows of the file can say of it, and what must be said
/// by other nodes.
private struct PoolLowering {
  let call: NodeLowering
  var x: Value
  var window: SpatialWindow

  init(_ call: NodeLowering, _ x: Value) throws {
    self.call = call
    self.x = x
    let shape = x.shape(batch: 1)
    guard shape.count == 3 || shape.count == 4 else {
      throw ImportError("rank \(shape.count); 3 and 4 are known")
    }
    guard let kernel = try call.node.integers("kernel_shape") else {
      throw ImportError("attribute kernel_shape is absent")
    }
    window = try SpatialWindow(
      call.node, input: Array(shape[2...]), kernel: kernel,
      isCeiling: try call.node.integer("ceil_mode", 0) == 1)
  }

  private var spatial: [Int] { Array(x.shape(batch: 1)[2...]) }

  /// Pads the image itself by what the window has in padding.
  mutating func padImage(_ value: Double) throws {
    for axis in 0..<window.rank {
      x = try call.padded(x, axis + 2, window.before[axis], window.after[axis], value)
      (window.before[axis], window.after[axis]) = (0, 0)
    }
  }

  /// Lengthens the padding behind the image until the last window fits, and shortens it to where
  /// that ends.
  mutating func fitEnd() {
    for axis in 0..<window.rank {
      let end = (window.output[axis] - 1) * window.strides[axis] + window.extent(axis)
      window.after[axis] = max(0, end - spatial[axis] - window.before[axis])
    }
  }

  /// Whether a window of the file's rows may have such padding.
  var isPaddingSmall: Bool {
    (0..<window.rank).allSatisfy { max(window.before[$0], window.after[$0]) < window.kernel[$0] }
  }

  var isDilated: Bool { window.dilations.contains { $0 > 1 } }

  func row(_ name: String, _ more: [Attribute] = []) throws -> Value {
    let result = try call.builder.node(
      name, [try call.lowering.image(x)], window.slots + window.kernelSlots + more)
    return call.lowering.image(result, rank: x.rank, type: x.type)
  }

  /// The pieces of the padded image that stand at each position of the kernel, combined by a row.
  func slices(_ row: String) throws -> Value {
    var result: Value?
    for position in indexTuples(window.kernel) {
      var piece = x
      for axis in 0..<window.rank {
        piece = try call.sliced(
          piece, axis + 2, start: position[axis] * window.dilations[axis],
          count: window.output[axis], step: window.strides[axis])
      }
      result = try result.map { try call.binary(row, .value($0), .value(piece)) } ?? piece
    }
    return result!
  }
}

func lowerMaxPool(_ call: NodeLowering) throws -> [Operand] {
  guard try call.node.integer("storage_order", 0) == 0, call.node.outputs.count == 1 else {
    throw ImportError("the indexes of the largest elements are not supported")
  }
  var pool = try PoolLowering(call, call.value(0))
  pool.fitEnd()
  if pool.isDilated {
    try pool.padImage(-1e308)
    return [.value(try pool.slices("maximum"))]
  }
  if !pool.isPaddingSmall { try pool.padImage(-1e308) }
  return [.value(try pool.row("max_pool"))]
}

func lowerAveragePool(_ call: NodeLowering) throws -> [Operand] {
  let counts = try call.node.integer("count_include_pad", 0) == 1
  return [.value(try averagePool(call, call.value(0), countsPadding: counts))]
}

private func averagePool(
  _ call: NodeLowering, _ x: Value, countsPadding: Bool
) throws -> Value {
  var pool = try PoolLowering(call, x)
  let hasOverhang = (0..<pool.window.rank).contains {
    pool.window.overhang($0, input: x.size($0 + 2)) > 0
  }
  if pool.isDilated {
    let isUnpadded = (pool.window.before + pool.window.after).allSatisfy { $0 == 0 }
    guard countsPadding || isUnpadded, !hasOverhang else {
      throw ImportError("dilations together with padding that does not count")
    }
    try pool.padImage(0)
    let sum = try pool.slices("add")
    return try call.scaled(sum, by: 1 / Double(pool.window.kernel.reduce(1, *)))
  }
  // What reaches beyond the padding never counts; padding counts if it is part of the image.
  if countsPadding && (hasOverhang || !pool.isPaddingSmall) {
    try pool.padImage(0)
    pool.fitEnd()
    return try pool.row("avg_pool", [.integer(0)])
  }
  pool.fitEnd()
  guard pool.isPaddingSmall else { throw ImportError("padding as large as the kernel") }
  return try pool.row("avg_pool", [.integer(countsPadding ? 1 : 0)])
}

func lowerLpPool(_ call: NodeLowering) throws -> [Operand] {
  let p = Double(try call.node.integer("p", 2))
  let powers = try call.power(call.lowering.elementwise("abs", try call.value(0)), p)
  var pool = try PoolLowering(call, powers)
  let count = Double(pool.window.kernel.reduce(1, *))
  pool.fitEnd()
  try pool.padImage(0)
  let sums =
    pool.isDilated
    ? try pool.slices("add")
    : try call.scaled(pool.row("avg_pool", [.integer(1)]), by: count)
  return [.value(try call.power(sums, 1 / p))]
}
