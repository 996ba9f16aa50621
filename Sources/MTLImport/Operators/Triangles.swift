/// Operators that are a triangle or a diagonal of a matrix.
let triangleOperators: [String: OperatorImport] = [
  "CumSum": OperatorImport(
    { call in
      let x = try call.input(0)
      let sum = try CumulativeSum(call.node, axis: call.input(1), rank: x.shape.count)
      return [try sum.evaluate(x)]
    },
    { call in
      var x = try call.value(0)
      let sum = try CumulativeSum(call.node, axis: call.known(1, "the axis"), rank: x.rank)
      x.axes.swapAt(sum.axis, x.rank - 1)
      var result = try call.dense(x, sum.matrix(x.size(x.rank - 1)), bias: nil)
      result.axes.swapAt(sum.axis, x.rank - 1)
      return [.value(try call.wrapped(result))]
    }),
  "EyeLike": OperatorImport({ call in
    let x = try call.input(0)
    let shift = try call.node.integer("k", 0)
    guard x.shape.count == 2, abs(shift) < 1 << 31 else { throw ImportError("rank or k") }
    let type = try call.node.integer("dtype").map { try elementType($0) } ?? x.type
    let ones = (0..<x.count).map { $0 % x.shape[1] - $0 / x.shape[1] == shift }
    return [
      type.isFloating
        ? HostTensor(x.shape, floats: ones.map { $0 ? 1 : 0 }).typed(type)
        : HostTensor(type, x.shape, integers: ones.map { $0 ? 1 : 0 })
    ]
  }),
  "Trilu": OperatorImport(
    { call in
      var x = try call.input(0)
      let kept = try triangle(call.node, call.optional(1), shape: x.shape)
      for index in 0..<x.count where !kept[index % kept.count] {
        if x.type.isFloating { x.floats[index] = 0 } else { x.integers[index] = 0 }
      }
      return [x]
    },
    { call in
      let x = try call.value(0)
      guard !x.axes.indices.suffix(2).contains(where: { x.factors($0).contains(0) }) else {
        throw ImportError.mixesImages
      }
      let shape = x.shape(batch: 1)
      let kept = try triangle(call.node, call.optional(1, "k"), shape: shape)
      let mask = HostTensor(.bool, Array(shape.suffix(2)), integers: kept.map { $0 ? 1 : 0 })
      return [.value(try call.select(.known(Known(mask)), .value(x), .scalar(0), type: x.type))]
    }),
]

/// Which elements of the last two axes Trilu keeps.
private func triangle(_ node: SourceNode, _ k: HostTensor?, shape: [Int]) throws -> [Bool] {
  let shift = try k?.asIntegers("k").first ?? 0
  let isUpper = try node.integer("upper", 1) != 0
  guard shape.count >= 2, abs(shift) < 1 << 31 else { throw ImportError("rank or k") }
  let columns = shape[shape.count - 1]
  return (0..<shape[shape.count - 2] * columns).map { index in
    let distance = index % columns - index / columns
    return isUpper ? distance >= shift : distance <= shift
  }
}

/// Each element of the result is the sum of those up to its place.
private struct CumulativeSum {
  let axis: Int
  private let isExclusive: Bool
  private let isReverse: Bool

  init(_ node: SourceNode, axis: HostTensor, rank: Int) throws {
    guard axis.count == 1 else { throw ImportError("the axis is not one number") }
    self.axis = try checkedAxis(axis.asIntegers("the axis")[0], rank: rank)
    isExclusive = try node.integer("exclusive", 0) != 0
    isReverse = try node.integer("reverse", 0) != 0
  }

  private func counts(_ place: Int, for target: Int) -> Bool {
    if place == target { return !isExclusive }
    return isReverse ? place > target : place < target
  }

  /// 1 for each element that counts, a row for each of the result.
  func matrix(_ size: Int) throws -> HostTensor {
    _ = try checkedCount([size, size], most: 1 << 24)
    return HostTensor(
      [size, size],
      floats: (0..<size * size).map { counts($0 % size, for: $0 / size) ? 1 : 0 })
  }

  func evaluate(_ x: HostTensor) throws -> HostTensor {
    let (size, step) = (x.shape[axis], rowMajorStrides(x.shape)[axis])
    var result = x
    for index in 0..<x.count {
      let target = index / step % max(1, size)
      let first = index - target * step
      let places = (0..<size).filter { counts($0, for: target) }.map { first + $0 * step }
      if x.type.isFloating {
        result.floats[index] = Float(places.reduce(0) { $0 + Double(x.floats[$1]) })
      } else {
        result.integers[index] = x.type.wrap(places.reduce(0) { $0 &+ x.integers[$1] })
      }
    }
    return result
  }
}
