extension Lowering {
  /// The value with the shape that the source asks for: `one` for one image, `two` for two; -1
  /// stands for what is left, and must be resolved before.
  ///
  /// Errors: the shapes have not the same elements, or images would be mixed.
  func reshaped(_ value: Value, one: [Int], two: [Int]) throws -> Value {
    guard one.count == two.count else {
      throw ImportError("the rank depends on the number of images")
    }
    var sequence = value
    // Lowered axes in the source's order; the current one may be split.
    var rest = value.axes.indices.flatMap { value.factors($0) }
    var axes: [[Int]] = []
    for (index, size) in one.enumerated() {
      let counts = isBatched && two[index] != size
      guard !counts || two[index] == 2 * size else { throw ImportError.mixesImages }
      var (list, left, lacksImages) = ([Int](), size, counts)
      while left > 1 || lacksImages {
        guard let next = rest.first else { throw mismatch(value, one) }
        if next == 0 {
          guard lacksImages else { throw ImportError.mixesImages }
          lacksImages = false
          rest.removeFirst()
          list.append(0)
          continue
        }
        let factor = sequence.dimensions[next]
        if left % factor == 0 {
          left /= factor
          rest.removeFirst()
          list.append(next)
        } else if factor % left == 0 {
          sequence = sequence.splitting(next, into: [left, factor / left])
          rest = rest.map { $0 > next ? $0 + 1 : $0 }
          axes = axes.map { $0.map { $0 > next ? $0 + 1 : $0 } }
          list = list.map { $0 > next ? $0 + 1 : $0 }
          list.append(next)
          rest[0] = next + 1
          left = 1
        } else {
          return try reshapedInOrder(value, one: one, two: two)
        }
      }
      axes.append(list)
    }
    guard rest.allSatisfy({ sequence.dimensions[$0] == 1 && $0 != 0 }) else {
      throw mismatch(value, one)
    }
    sequence.axes = axes
    return sequence
  }

  /// The same for shapes whose axes do not nest: the elements are brought into the source's order.
  private func reshapedInOrder(_ value: Value, one: [Int], two: [Int]) throws -> Value {
    let factors = value.axes.indices.flatMap { value.factors($0) }
    guard let images = isBatched ? factors.firstIndex(of: 0) : -1 else {
      throw mismatch(value, one)
    }
    // What stands before the images in the source cannot be brought into one axis with the rest.
    guard images <= 0 else { throw ImportError.mixesImages }
    let others = Array(factors.dropFirst(images + 1))
    var flat = value
    flat.tensor = try arranged(value, [[0], others])
    flat.dimensions = [1, others.reduce(1) { $0 * value.dimensions[$1] }]
    flat.axes = isBatched ? [[0], [1]] : [[1]]
    guard one.reduce(1, *) == flat.count else { throw mismatch(value, one) }
    // One axis splits into any others, one after the other.
    var shape = one
    if isBatched {
      guard let first = one.indices.first(where: { one[$0] != two[$0] }),
        shape[..<first].allSatisfy({ $0 == 1 }), shape[first] == 1
      else { throw ImportError.mixesImages }
      shape.remove(at: first)
      flat.axes = [[1]]
      var result = flat.splitting(1, into: shape)
      result.axes = shape.indices.map { [$0 + 1] }
      result.axes.insert([0], at: first)
      return result
    }
    var result = flat.splitting(1, into: shape)
    result.axes = shape.indices.map { [$0 + 1] }
    return result
  }

  private func mismatch(_ value: Value, _ shape: [Int]) -> ImportError {
    ImportError(
      "\(shapeText(value.shape(batch: 1))) cannot be reshaped to \(shapeText(shape))")
  }
}
