extension Lowering {
  /// Operands that are to be joined along source axis `axis`: tensors of one rank that agree in all
  /// axes but one, their sizes there, and the place of that axis.
  func joined(
    _ operands: [Operand], axis: Int
  ) throws -> (frame: Frame, tensors: [Int], sizes: [Int], place: Int) {
    let sizes = operands.map { operand in
      switch operand {
      case .known(let known): known.one.shape.count > axis ? known.one.shape[axis] : 0
      case .value(let value): value.rank > axis ? value.size(axis) : 0
      }
    }
    // The axis in one piece, in the place that it has in the first value that has more than 1.
    var pieces: [Operand] = []
    for operand in operands {
      guard case .value(let value) = operand else {
        pieces.append(operand)
        continue
      }
      guard value.rank > axis, !value.factors(axis).contains(0) else {
        throw ImportError.mixesImages
      }
      pieces.append(.value(try isolated(value, axis).value))
    }
    let values = pieces.compactMap { piece -> Value? in
      if case .value(let value) = piece { return value }
      return nil
    }
    let leader = values.first { $0.size(axis) > 1 } ?? values[0]
    let place = leader.axes[axis][0]
    let frame = Frame(dimensions: leader.dimensions, axes: leader.axes)
    var tensors: [Int] = []
    for (piece, size) in zip(pieces, sizes) {
      var own = frame
      own.dimensions[place] = size
      switch piece {
      case .value(let value):
        let plain = value.axes.indices.allSatisfy { other in
          value.factors(other).map { $0 == place ? size : value.dimensions[$0] }
            == leader.factors(other).map { $0 == place ? size : leader.dimensions[$0] }
            || other == axis
        }
        let matched = plain ? value : try self.plain(value)
        tensors.append(try arranged(matched, try groups(matched, own, axis, place)))
      case .known(let known):
        let tensor = try uniform(known)
        guard tensor.shape.count == leader.rank else { throw ImportError("ranks differ") }
        tensors.append(try constant(tensor, own))
      }
    }
    return (frame, tensors, sizes, place)
  }

  /// For each axis of the frame, the value's.
  private func groups(
    _ value: Value, _ frame: Frame, _ axis: Int, _ place: Int
  ) throws -> [[Int]] {
    var groups = Array(repeating: [Int](), count: frame.dimensions.count)
    groups[0] = [0]
    for other in frame.axes.indices {
      if other == axis {
        groups[place] = value.factors(axis)
        continue
      }
      let wanted = frame.axes[other].filter { $0 == 0 || frame.dimensions[$0] > 1 }
      let found = value.factors(other)
      guard found.map({ value.dimensions[$0] }) == wanted.map({ frame.dimensions[$0] }) else {
        throw ImportError("shapes do not fit one another")
      }
      for (to, from) in zip(wanted, found) { groups[to] = [from] }
    }
    return groups
  }
}
