/// Turns values into the forms in which the operators of a model file take them.
final class Lowering {
  let builder = ModelBuilder()
  /// Whether axis 0 of the inputs counts images that do not know of one another. If not, the model
  /// is one that runs for one "image", which is all there is.
  let isBatched: Bool
  /// The number of images that the source is written for, if it is fixed.
  let declaredBatch: Int?

  init(isBatched: Bool, declaredBatch: Int?) {
    self.isBatched = isBatched
    self.declaredBatch = declaredBatch
  }

  /// The source's shape of `value` for one image and for two.
  func shapes(_ value: Value) -> (one: [Int], two: [Int]) {
    (value.shape(batch: 1), value.shape(batch: isBatched ? 2 : 1))
  }

  /// The tensor with one axis for each group of lowered axes, elements in that order. Axes of
  /// dimension 1 may be left out.
  ///
  /// Errors: the images would not come first.
  func arranged(_ value: Value, _ groups: [[Int]]) throws -> Int {
    let order = groups.flatMap { $0 }.filter { $0 == 0 || value.dimensions[$0] > 1 }
    guard groups.first?.filter({ $0 == 0 || value.dimensions[$0] > 1 }) == [0] else {
      throw ImportError.mixesImages
    }
    let shape = groups.map { $0.reduce(1) { $0 * value.dimensions[$1] } }
    guard shape.count <= 8 else { throw ImportError("it needs more than 8 axes") }
    let kept = order.sorted()
    if kept == order { return try builder.view(value.tensor, shape) }
    // Neighbours that stay together move as one.
    var runs: [[Int]] = []
    for axis in order {
      let position = kept.firstIndex(of: axis)!
      if let last = runs.last?.last, last > 0, kept.firstIndex(of: last)! + 1 == position {
        runs[runs.count - 1].append(axis)
      } else {
        runs.append([axis])
      }
    }
    let ascending = runs.sorted { $0[0] < $1[0] }
    guard runs.count <= 8 else { throw ImportError("it needs more than 8 axes") }
    let source = try builder.view(
      value.tensor, ascending.map { $0.reduce(1) { $0 * value.dimensions[$1] } })
    let moved = try transposed(source, runs.map { run in ascending.firstIndex(of: run)! })
    return try builder.view(moved, shape)
  }

  private func transposed(_ tensor: Int, _ permutation: [Int]) throws -> Int {
    try builder.node(
      "transpose", [tensor], permutation.dropFirst().map { .integer($0) })
  }

  /// The value with one lowered axis for each group; every source axis must be made of groups.
  func merged(_ value: Value, _ groups: [[Int]]) throws -> Value {
    let tensor = try arranged(value, groups)
    var result = value
    result.tensor = tensor
    result.dimensions = groups.map { $0.reduce(1) { $0 * value.dimensions[$1] } }
    result.axes = value.axes.map { list in
      var rest = list.filter { $0 == 0 || value.dimensions[$0] > 1 }[...]
      var axes: [Int] = []
      while let next = rest.first {
        let index = groups.firstIndex { $0.contains(next) }!
        let group = groups[index].filter { $0 == 0 || value.dimensions[$0] > 1 }
        precondition(rest.starts(with: group))
        rest = rest.dropFirst(group.count)
        axes.append(index)
      }
      // A dimension of 1 keeps its place, so that what becomes more than 1 there lies well.
      if axes.isEmpty, let unit = list.first(where: { axis in groups.contains([axis]) }) {
        axes = [groups.firstIndex(of: [unit])!]
      }
      return axes
    }
    return result
  }

  /// The value with source axis `axis` on one lowered axis of its own, and which that is. The
  /// tensor has the value's dimensions.
  func isolated(_ value: Value, _ axis: Int) throws -> (value: Value, axis: Int) {
    let factors = value.factors(axis)
    guard !factors.contains(0) else { throw ImportError.mixesImages }
    if factors.count == 1 {
      return (try merged(value, value.dimensions.indices.map { [$0] }), factors[0])
    }
    if factors.isEmpty {
      if let unit = value.axes[axis].first {
        return (try merged(value, value.dimensions.indices.map { [$0] }), unit)
      }
      var grown = value
      grown.dimensions.append(1)
      grown.axes[axis] = [value.dimensions.count]
      return (try merged(grown, grown.dimensions.indices.map { [$0] }), value.dimensions.count)
    }
    var groups: [[Int]] = []
    for lowered in value.dimensions.indices {
      if lowered == factors.min()! {
        groups.append(factors)
      } else if !factors.contains(lowered), lowered == 0 || value.dimensions[lowered] > 1 {
        groups.append([lowered])
      }
    }
    return (try merged(value, groups), groups.firstIndex(of: factors)!)
  }

  /// The tensor with source axis `axis` last and all others as they lie, and the value that a
  /// result of `size` on that axis is.
  func lastAxis(_ value: Value, _ axis: Int) throws -> (value: Value, axis: Int) {
    let (single, lowered) = try isolated(value, axis)
    if lowered == single.dimensions.count - 1 { return (single, lowered) }
    let others = single.dimensions.indices.filter { $0 != lowered }
    let result = try merged(single, others.map { [$0] } + [[lowered]])
    return (result, others.count)
  }

  /// The value in the source's own order, a lowered axis for each of its axes behind the images.
  func plain(_ value: Value) throws -> Value {
    var groups = [[0]]
    var axes: [[Int]] = []
    for axis in value.axes.indices {
      let factors = value.factors(axis)
      if factors == [0] {
        axes.append([0])
      } else {
        guard !factors.contains(0) else { throw ImportError.mixesImages }
        groups.append(factors)
        axes.append([groups.count - 1])
      }
    }
    var result = value
    result.tensor = try arranged(value, groups)
    result.dimensions = groups.map { $0.reduce(1) { $0 * value.dimensions[$1] } }
    result.axes = axes
    return result
  }

  /// The tensor of an image (N, channels, height, width) as the file has them, (N, H, W, C). Of a
  /// row (N, channels, length) the width is 1.
  func image(_ value: Value) throws -> Int {
    guard value.rank == 4 || value.rank == 3 else {
      throw ImportError("rank \(value.rank); images have 4 axes, rows 3")
    }
    guard value.factors(0) == (isBatched ? [0] : []) else { throw ImportError.mixesImages }
    let width = value.rank == 4 ? value.factors(3) : []
    return try arranged(value, [[0], value.factors(2), width, value.factors(1)])
  }

  /// What an operator on images made, as a value (N, C, H, W), or (N, C, L) where `rank` is 3.
  func image(_ tensor: Int, rank: Int, type: DataType) -> Value {
    let axes = [isBatched ? [0] : [], [3], [1], [2]]
    return Value(
      tensor: tensor, dimensions: builder.shape(tensor), axes: Array(axes.prefix(rank)),
      type: type)
  }

  /// The value of a node that works on each element alone.
  func elementwise(
    _ op: String, _ value: Value, _ attributes: [Attribute] = []
  ) throws -> Value {
    var result = value
    result.tensor = try builder.node(op, [value.tensor], attributes)
    return result
  }
}

extension ImportError {
  static let mixesImages = ImportError("it would mix the images of a batch")
}
