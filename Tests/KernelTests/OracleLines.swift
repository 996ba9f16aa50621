import Glibc

// Oracles of the operators that compute results of whole lines of elements.

let lineOracles: [String: Oracle] = [
  "log_softmax": Oracle(shape: sameShape) { inputs, a, _ in
    let x = inputs[0]!
    var result = Expected()
    forEachElement(of: x.shape) { element in
      let line = x.line(element, Int(a[0])...Int(a[0]))
      let most = largest(line)
      let sum = line.reduce(0) { $0 + exp($1 - most) }
      let away = x.at(element) - most
      result.values.append(away - log(sum))
      result.bounds.append(32 * Expected.unit * (1 + abs(x.at(element)) + abs(away)))
    }
    return result
  },
  "lrn": Oracle(shape: sameShape) { inputs, a, shape in
    let (x, size, channels) = (inputs[0]!, Int(a[0]), shape.last!)
    let reals = a[1...].map { Double(bitPattern: UInt64(bitPattern: $0)) }
    var result = Expected()
    for (index, value) in x.values.enumerated() {
      let c = index % channels
      let window = max(0, c - (size - 1) / 2)...min(channels - 1, c + size / 2)
      let squares = window.reduce(0.0) { sum, k in
        sum + x.values[index - c + k] * x.values[index - c + k]
      }
      let divisor = pow(reals[2] + reals[0] / Double(size) * squares, reals[1])
      result.append(value / divisor, units: 128)
    }
    return result
  },
  "layer_norm": Oracle(shape: sameShape) { inputs, a, shape in
    normalised(inputs, a[0]) { element in
      inputs[0]!.line(element, shape.count - 1...shape.count - 1)
    }
  },
  "group_norm": Oracle(shape: sameShape) { inputs, a, shape in
    let x = inputs[0]!
    let (channels, last) = (shape.last! / Int(a[1]), shape.count - 1)
    let pixels = shape[1..<last].reduce(1, *)
    return normalised(inputs, a[0]) { element in
      let first = element[0] * pixels * shape[last] + element[last] / channels * channels
      return (0..<pixels).flatMap { pixel in
        x.values[first + pixel * shape[last]..<first + pixel * shape[last] + channels]
      }
    }
  },
  "reduce_sum": reduction { line, result in
    result.appendSum(
      line.reduce(0, +), terms: line.count, size: line.reduce(0) { $0 + abs($1) })
  },
  "reduce_mean": reduction { line, result in appendMean(&result, line, Double(line.count)) },
  "reduce_max": reduction { line, result in result.append(largest(line), units: 0) },
  "reduce_min": reduction { line, result in
    result.append(-largest(line.map { -$0 }), units: 0)
  },
  "reduce_prod": reduction { line, result in
    result.append(line.reduce(1, *), units: Double(2 * line.count + 8), least: Expected.leastNormal)
  },
  "arg_max": Oracle(shape: { shapes, a in resized(shapes[0], a[0], 1) }) { inputs, a, shape in
    ordered(inputs[0]!, a[0], shape, largest: true, lastFirst: a[1] == 1) { Double($0.offset) }
  },
  "top_k": Oracle(shape: { shapes, a in resized(shapes[0], a[0], Int(a[1])) }) {
    inputs, a, shape in
    ordered(inputs[0]!, a[0], shape, largest: a[2] == 1) { $0.element }
  },
  "top_k_indices": Oracle(shape: { shapes, a in resized(shapes[0], a[0], Int(a[1])) }) {
    inputs, a, shape in
    ordered(inputs[0]!, a[0], shape, largest: a[2] == 1) { Double($0.offset) }
  },
  "matmul": Oracle(shape: matmulShape, compute: matmulNumbers),
]

extension Numbers {
  /// The elements that differ from the one at `indexes` in the indexes on `axes` alone.
  func line(_ indexes: [Int], _ axes: ClosedRange<Int>) -> [Double] {
    var elements: [Double] = []
    forEachElement(of: Array(shape[axes])) { inside in
      elements.append(at(indexes[..<axes.lowerBound] + inside + indexes[(axes.upperBound + 1)...]))
    }
    return elements
  }
}

/// Of each line along the axes from the first attribute to the second one result.
private func reduction(
  _ append: @escaping @Sendable ([Double], inout Expected) -> Void
) -> Oracle {
  Oracle(
    shape: { shapes, a in
      (Int(a[0])...Int(a[1])).reduce(shapes[0]) { resized($0, Int64($1), 1) }
    }
  ) { inputs, a, shape in
    var result = Expected()
    forEachElement(of: shape) { append(inputs[0]!.line($0, Int(a[0])...Int(a[1])), &result) }
    return result
  }
}

/// The line of `line`, without its mean, divided by its deviation, scaled and shifted per channel.
private func normalised(
  _ inputs: [Numbers?], _ epsilon: Int64, _ line: ([Int]) -> [Double]
) -> Expected {
  let (x, gamma, beta) = (inputs[0]!, inputs[1]!, inputs[2]!)
  let epsilon = Double(bitPattern: UInt64(bitPattern: epsilon))
  var result = Expected()
  forEachElement(of: x.shape) { element in
    let line = line(element)
    let count = Double(line.count)
    let mean = line.reduce(0, +) / count
    let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let (value, c) = (x.at(element), element.last!)
    let scale = gamma[c] / (variance + epsilon).squareRoot()
    let size = abs(value) + line.reduce(0) { $0 + abs($1) } / count
    result.values.append((value - mean) * scale + beta[c])
    result.bounds.append(256 * Expected.unit * (size * abs(scale) + abs(beta[c])))
  }
  return result
}

/// What `show` makes of the first elements of each line along an axis, in order.
private func ordered(
  _ x: Numbers, _ axis: Int64, _ shape: [Int], largest: Bool, lastFirst: Bool = false,
  _ show: (EnumeratedSequence<[Double]>.Element) -> Double
) -> Expected {
  func key(_ value: Double) -> (Int, Double) { value.isNaN ? (1, 0) : (0, value) }
  var result = Expected()
  forEachElement(of: shape) { element in
    let line = Array(x.line(element, Int(axis)...Int(axis)).enumerated()).sorted { a, b in
      let (left, right) = (key(a.element), key(b.element))
      if left == right { return lastFirst ? a.offset > b.offset : a.offset < b.offset }
      return largest ? left > right : left < right
    }
    result.append(show(line[element[Int(axis)]]), units: 0)
  }
  return result
}

private func matmulShape(_ shapes: [[Int]], _ a: [Int64]) -> [Int] {
  let (x, y) = (shapes[0], shapes[1])
  let between = zip(x, y).dropLast(2).map { max($0, $1) }
  return between + [x[x.count - 2], y[y.count - (a[0] == 1 ? 2 : 1)]]
}

private func matmulNumbers(_ inputs: [Numbers?], _ a: [Int64], _ shape: [Int]) -> Expected {
  let (x, y, last) = (inputs[0]!, inputs[1]!, shape.count - 1)
  func matrix(_ operand: Numbers, _ element: [Int]) -> [Int] {
    zip(element, operand.shape).dropLast(2).map { $1 == 1 ? 0 : $0 }
  }
  var result = Expected()
  forEachElement(of: shape) { element in
    let (left, right) = (matrix(x, element), matrix(y, element))
    var (sum, size) = (0.0, 0.0)
    for k in 0..<x.shape[last] {
      let column = a[0] == 1 ? [element[last], k] : [k, element[last]]
      let product = x.at(left + [element[last - 1], k]) * y.at(right + column)
      sum += product
      if product.isFinite { size += abs(product) }
    }
    if size > Double(Float.greatestFiniteMagnitude) { result.overflows.insert(result.values.count) }
    result.appendSum(sum, terms: x.shape[last], size: size)
  }
  return result
}
