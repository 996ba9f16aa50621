// Oracles of the operators that change one axis, or the order of axes.

let axisOracles: [String: Oracle] = [
  "transpose": Oracle(
    shape: { shapes, axes in [shapes[0][0]] + axes.map { shapes[0][Int($0)] } }
  ) { inputs, axes, shape in
    rearranged(inputs[0]!, shape) { indexes in
      var source = indexes
      for (position, axis) in axes.enumerated() { source[Int(axis)] = indexes[position + 1] }
      return source
    }
  },
  "slice": Oracle(shape: { shapes, a in resized(shapes[0], a[0], Int(a[2])) }) {
    inputs, a, shape in
    alongAxis(inputs[0]!, a[0], shape) { Int(a[1]) + $0 * Int(a[3]) }
  },
  "pad": Oracle(
    shape: { shapes, a in resized(shapes[0], a[0], shapes[0][Int(a[0])] + Int(a[1] + a[2])) }
  ) { inputs, a, shape in
    let size = inputs[0]!.shape[Int(a[0])]
    let value = Float(Double(bitPattern: UInt64(bitPattern: a[3])))
    return alongAxis(inputs[0]!, a[0], shape, others: Double(value)) { position in
      (0..<size).contains(position - Int(a[1])) ? position - Int(a[1]) : nil
    }
  },
  "gather": Oracle(shape: { shapes, a in resized(shapes[0], a[0], shapes[1][0]) }) {
    inputs, a, shape in
    let size = inputs[0]!.shape[Int(a[0])]
    return alongAxis(inputs[0]!, a[0], shape) { clamped(inputs[1]!.values[$0], size) }
  },
  "resample": Oracle(shape: { shapes, a in resized(shapes[0], a[0], shapes[1][0]) }) {
    inputs, a, shape in
    let (indexes, weights, axis) = (inputs[1]!, inputs[2]!, Int(a[0]))
    var result = Expected()
    forEachElement(of: shape) { element in
      var (sum, size) = (0.0, 0.0)
      for tap in 0..<indexes.shape[1] {
        var source = element
        source[axis] = clamped(indexes[element[axis], tap], inputs[0]!.shape[axis])
        let product = weights[element[axis], tap] * inputs[0]!.at(source)
        sum += product
        size += abs(product)
      }
      result.appendSum(sum, terms: indexes.shape[1], size: size)
    }
    return result
  },
]

extension Numbers {
  /// The element at these indexes.
  func at(_ indexes: [Int]) -> Double {
    values[zip(indexes, shape).reduce(0) { $0 * $1.1 + $1.0 }]
  }
}

/// Calls `body` with the indexes of each element of a tensor, in order.
func forEachElement(of shape: [Int], _ body: ([Int]) -> Void) {
  for position in 0..<shape.reduce(1, *) {
    var (rest, indexes) = (position, [Int](repeating: 0, count: shape.count))
    for axis in shape.indices.reversed() {
      indexes[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    body(indexes)
  }
}

func resized(_ shape: [Int], _ axis: Int64, _ size: Int) -> [Int] {
  var shape = shape
  shape[Int(axis)] = size
  return shape
}

private func clamped(_ index: Double, _ size: Int) -> Int { min(max(Int(index), 0), size - 1) }

/// For each element of the result the element of `x` at the indexes that `source` makes of its own.
private func rearranged(
  _ x: Numbers, _ shape: [Int], others: Double = 0, _ source: ([Int]) -> [Int]?
) -> Expected {
  var result = Expected()
  forEachElement(of: shape) { result.append(source($0).map(x.at) ?? others, units: 0) }
  return result
}

private func alongAxis(
  _ x: Numbers, _ axis: Int64, _ shape: [Int], others: Double = 0, _ source: (Int) -> Int?
) -> Expected {
  rearranged(x, shape, others: others) { indexes in
    source(indexes[Int(axis)]).map { position in
      var indexes = indexes
      indexes[Int(axis)] = position
      return indexes
    }
  }
}
