/// The lowered axes on which several operands meet.
struct Frame {
  /// Sizes of the lowered axes, the first 1 for one image.
  var dimensions: [Int]
  /// For each axis of the source its lowered axes.
  var axes: [[Int]]

  func value(_ tensor: Int, type: DataType) -> Value {
    Value(tensor: tensor, dimensions: dimensions, axes: axes, type: type)
  }
}

extension Lowering {
  /// The operands, at least one of them a value, as tensors of one rank whose dimensions are equal
  /// or 1 in each position; ONNX's broadcasting, whose result has the frame.
  ///
  /// Axes of the source in `whole` must not be broadcast, and lie on one lowered axis each.
  func aligned(
    _ operands: [Operand], whole: Set<Int> = []
  ) throws -> (frame: Frame, tensors: [Int]) {
    let rank = operands.map { $0.rank }.max()!
    var values: [Int: Value] = [:]
    for case (let index, .value(var value)) in operands.enumerated() {
      value.axes = Array(repeating: [], count: rank - value.rank) + value.axes
      for axis in whole { value = try isolated(value, axis).value }
      values[index] = value
    }
    let known = try operands.map { operand -> HostTensor? in
      guard case .known(let known) = operand else { return nil }
      return try constantForBroadcast(known, rank: rank)
    }
    try agree(&values, known, rank: rank)
    let ordered = values.keys.sorted().map { values[$0]! }
    let most = ordered.map { $0.count }.max()!
    let leader = ordered.first { $0.count == most }!
    let frame = try self.frame(leader, ordered, known, rank: rank)
    var tensors: [Int] = []
    for index in operands.indices {
      if let value = values[index] {
        tensors.append(try arranged(value, groups(value, frame)))
      } else {
        tensors.append(try constant(known[index]!, frame))
      }
    }
    return (frame, tensors)
  }

  /// A constant without what repeats for each image, its rank brought to `rank`.
  private func constantForBroadcast(_ known: Known, rank: Int) throws -> HostTensor {
    var tensor = try uniform(known)
    tensor.shape = Array(repeating: 1, count: rank - tensor.shape.count) + tensor.shape
    return tensor
  }

  /// A constant that is the same for each image, once.
  func uniform(_ known: Known) throws -> HostTensor {
    let tensor = known.one
    if let two = known.two {
      guard two.shape.count == tensor.shape.count,
        let axis = two.shape.indices.first(where: { two.shape[$0] != tensor.shape[$0] }),
        tensor.shape[axis] == 1, two.shape[axis] == 2
      else { throw ImportError("a constant depends on the number of images") }
      var strides = rowMajorStrides(two.shape)
      let step = strides[axis]
      strides[axis] = 0
      let first = stridedIndexes(tensor.shape, strides: strides)
      guard two.picking(first, shape: tensor.shape) == tensor,
        two.picking(first.map { $0 + step }, shape: tensor.shape) == tensor
      else { throw ImportError("a constant differs from image to image") }
    }
    return tensor
  }

  /// Splits the axes of values such that all that do not have 1 there have the same factors.
  private func agree(_ values: inout [Int: Value], _ known: [HostTensor?], rank: Int) throws {
    for axis in 0..<rank {
      var sizes: [Int]?
      for index in values.keys.sorted() {
        let found = values[index]!.factors(axis).map { values[index]!.dimensions[$0] }
        guard !values[index]!.factors(axis).isEmpty else { continue }
        if sizes == nil { sizes = found }
        if found != sizes {
          // Where they differ, the axis is brought into one piece everywhere.
          for other in values.keys where !values[other]!.factors(axis).isEmpty {
            values[other] = try isolated(values[other]!, axis).value
          }
          break
        }
      }
    }
  }

  /// The lowered axes of the result: those of `leader`, and behind them what others have more.
  private func frame(
    _ leader: Value, _ values: [Value], _ known: [HostTensor?], rank: Int
  ) throws -> Frame {
    var dimensions = leader.dimensions
    var axes = leader.axes
    for axis in 0..<rank where leader.factors(axis).isEmpty {
      let other = values.first { !$0.factors(axis).isEmpty }
      var sizes = other.map { value in value.factors(axis).map { value.dimensions[$0] } } ?? []
      if let other, other.factors(axis).contains(0) { throw ImportError.mixesImages }
      if sizes.isEmpty {
        let size = known.compactMap { $0?.shape[axis] }.max() ?? 1
        if size > 1 { sizes = [size] }
      }
      if sizes.isEmpty { continue }
      if sizes.count == 1, let place = axes[axis].first {
        dimensions[place] = sizes[0]
      } else {
        axes[axis] = Array(dimensions.count..<dimensions.count + sizes.count)
        dimensions += sizes
      }
    }
    if dimensions.count == 1 { dimensions.append(1) }
    let frame = Frame(dimensions: dimensions, axes: axes)
    for value in values {
      for axis in 0..<rank {
        let found = value.factors(axis).map { value.dimensions[$0] }
        let wanted = axes[axis].filter { $0 == 0 || dimensions[$0] > 1 }.map { dimensions[$0] }
        guard found.isEmpty || found == wanted else {
          throw ImportError("shapes do not fit one another")
        }
      }
    }
    return frame
  }

  /// For each lowered axis of the frame the value's lowered axes there: one or none.
  private func groups(_ value: Value, _ frame: Frame) -> [[Int]] {
    var groups = Array(repeating: [Int](), count: frame.dimensions.count)
    groups[0] = [0]
    for (axis, list) in frame.axes.enumerated() {
      let wanted = list.filter { $0 == 0 || frame.dimensions[$0] > 1 }
      for (place, lowered) in zip(wanted, value.factors(axis)) { groups[place] = [lowered] }
    }
    return groups
  }

  /// A constant laid out as the frame is, with 1 where it is broadcast.
  func constant(_ tensor: HostTensor, _ frame: Frame) throws -> Int {
    var (split, places) = ([Int](), [Int]())
    for (axis, list) in frame.axes.enumerated() {
      let wanted = list.filter { $0 == 0 || frame.dimensions[$0] > 1 }
      let size = wanted.reduce(1) { $0 * frame.dimensions[$1] }
      guard tensor.shape[axis] == 1 || tensor.shape[axis] == size else {
        throw ImportError(
          "a constant of shape \(shapeText(tensor.shape)) does not fit the other operand")
      }
      guard tensor.shape[axis] > 1 else { continue }
      for place in wanted {
        split.append(frame.dimensions[place])
        places.append(place)
      }
    }
    let order = places.indices.sorted { places[$0] < places[$1] }
    let laid = HostTensor(split, floats: tensor.asFloats).transposed(order)
    var shape = Array(repeating: 1, count: frame.dimensions.count)
    for place in places { shape[place] = frame.dimensions[place] }
    return try builder.constant(laid.floats, shape)
  }
}
