/// A tensor whose elements are at hand: a constant of a model, or what the plain evaluator made.
/// Dense, row-major, in the layout of the model that it is from.
public struct HostTensor: Equatable, Sendable {
  public var type: DataType
  public var shape: [Int]
  /// The elements of a floating type; empty for others.
  public var floats: [Float]
  /// The elements of the other types, bool as 0 and 1; empty for floating types.
  public var integers: [Int64]

  public var count: Int { type.isFloating ? floats.count : integers.count }

  /// Most elements of a tensor that is held in memory.
  public static let countMost = 1 << 29

  public init(_ shape: [Int], floats: [Float]) {
    precondition(shape.reduce(1, *) == floats.count)
    type = .float
    self.shape = shape
    self.floats = floats
    integers = []
  }

  public init(_ type: DataType, _ shape: [Int], integers: [Int64]) {
    precondition(!type.isFloating && shape.reduce(1, *) == integers.count)
    self.type = type
    self.shape = shape
    floats = []
    self.integers = integers
  }

  /// One element.
  init(scalar value: Float) { self.init([], floats: [value]) }

  /// A list of int64.
  init(list: [Int]) { self.init(.int64, [list.count], integers: list.map { Int64($0) }) }

  /// The elements as floats, whatever the type.
  var asFloats: [Float] { type.isFloating ? floats : integers.map { Float($0) } }

  /// The elements as whole numbers. Errors: one is not.
  func asIntegers(_ what: String) throws -> [Int] {
    if !type.isFloating { return integers.map { Int($0) } }
    return try floats.map { value in
      guard let whole = Int(exactly: value) else { throw ImportError("\(what) holds \(value)") }
      return whole
    }
  }

  /// The same elements in another shape.
  func reshaped(_ shape: [Int]) -> HostTensor {
    precondition(shape.reduce(1, *) == count)
    var result = self
    result.shape = shape
    return result
  }

  /// Elements `indexes`, which are in range, as a tensor of `shape`.
  func picking(_ indexes: [Int], shape: [Int]) -> HostTensor {
    type.isFloating
      ? HostTensor(shape, floats: indexes.map { floats[$0] }).typed(type)
      : HostTensor(type, shape, integers: indexes.map { integers[$0] })
  }

  /// The same floats under another floating type's name.
  func typed(_ type: DataType) -> HostTensor {
    precondition(type.isFloating == self.type.isFloating)
    var result = self
    result.type = type
    return result
  }

  /// Axis i of the result is axis `permutation[i]`.
  func transposed(_ permutation: [Int]) -> HostTensor {
    if permutation == Array(permutation.indices) { return self }
    let strides = rowMajorStrides(shape)
    let target = permutation.map { shape[$0] }
    return picking(
      stridedIndexes(target, strides: permutation.map { strides[$0] }), shape: target)
  }
}

/// Elements from one index to the next of each axis.
func rowMajorStrides(_ shape: [Int]) -> [Int] {
  var strides = Array(repeating: 1, count: shape.count)
  for axis in stride(from: shape.count - 2, through: 0, by: -1) {
    strides[axis] = strides[axis + 1] * shape[axis + 1]
  }
  return strides
}

/// For each element of a row-major tensor of `shape`, the sum of its indexes times `strides`.
func stridedIndexes(_ shape: [Int], strides: [Int], first: Int = 0) -> [Int] {
  var indexes = [first]
  for (count, step) in zip(shape, strides) {
    var next: [Int] = []
    next.reserveCapacity(indexes.count * count)
    for index in indexes {
      for i in 0..<count { next.append(index + i * step) }
    }
    indexes = next
  }
  return indexes
}

/// The number of elements of `shape`. Errors: it is negative or more than can be held.
func checkedCount(_ shape: [Int], most: Int = HostTensor.countMost) throws -> Int {
  guard shape.count <= 64 else { throw ImportError("a tensor of rank \(shape.count)") }
  guard shape.allSatisfy({ $0 >= 0 }) else { throw ImportError("a negative dimension") }
  // Without the zeros: the product of any part of the shape must fit.
  var count = 1
  for dimension in shape where dimension > 0 {
    let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
    guard !overflow, product <= most else {
      throw ImportError("a tensor of shape \(shapeText(shape)) is too large")
    }
    count = product
  }
  return shape.contains(0) ? 0 : count
}

/// `(1, 3, 224, 224)`
func shapeText(_ shape: [Int]) -> String {
  "(" + shape.map { "\($0)" }.joined(separator: ", ") + ")"
}
