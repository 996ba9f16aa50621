import Glibc

// Oracles of the operators that pool, combine and normalise.

func poolShape(_ shapes: [[Int]], _ a: [Int64]) -> [Int] {
  let x = shapes[0]
  return [
    x[0], (x[1] + Int(a[2] + a[4] - a[6])) / Int(a[0]) + 1,
    (x[2] + Int(a[3] + a[5] - a[7])) / Int(a[1]) + 1, x[3],
  ]
}

func globalShape(_ shapes: [[Int]], _: [Int64]) -> [Int] {
  [shapes[0][0], 1, 1, shapes[0][3]]
}

/// The largest number, or NaN if there is one.
func largest(_ pixels: [Double]) -> Double {
  pixels.contains { $0.isNaN } ? .nan : pixels.max()!
}

func appendMean(_ result: inout Expected, _ pixels: [Double], _ divisor: Double) {
  let size = pixels.reduce(0) { $0 + abs($1) }
  result.appendSum(pixels.reduce(0, +) / divisor, terms: pixels.count, size: size / divisor)
}

func poolNumbers(
  _ x: Numbers, _ attributes: [Int64], _ shape: [Int],
  _ append: (inout Expected, [Double]) -> Void
) -> Expected {
  let a = attributes.map { Int($0) }
  var result = Expected()
  for n in 0..<shape[0] {
    for h in 0..<shape[1] {
      for w in 0..<shape[2] {
        for c in 0..<shape[3] {
          var pixels: [Double] = []
          for i in h * a[0] - a[2]..<h * a[0] - a[2] + a[6] where x.shape[1] > i && i >= 0 {
            for j in w * a[1] - a[3]..<w * a[1] - a[3] + a[7] where x.shape[2] > j && j >= 0 {
              pixels.append(x[n, i, j, c])
            }
          }
          append(&result, pixels)
        }
      }
    }
  }
  return result
}

func globalNumbers(_ x: Numbers, _ append: (inout Expected, [Double]) -> Void) -> Expected {
  var result = Expected()
  let pixelCount = x.shape[1] * x.shape[2]
  for n in 0..<x.shape[0] {
    for c in 0..<x.shape[3] {
      append(&result, (0..<pixelCount).map { x.values[(n * pixelCount + $0) * x.shape[3] + c] })
    }
  }
  return result
}

func softmaxNumbers(_ inputs: [Numbers?], _ attributes: [Int64], _ shape: [Int]) -> Expected {
  let (x, axis) = (inputs[0]!, Int(attributes[0]))
  let length = shape[axis]
  let inner = shape[(axis + 1)...].reduce(1, *)
  var result = Expected()
  for index in x.values.indices {
    let first = index / (inner * length) * inner * length + index % inner
    let line = (0..<length).map { x.values[first + $0 * inner] }
    let most = largest(line)
    let sum = line.reduce(0) { $0 + exp($1 - most) }
    let away = abs(x.values[index] - most)
    result.append(
      exp(x.values[index] - most) / sum,
      units: 32 + 2 * (away.isFinite ? away : 0) + Double(length), least: Expected.leastNormal)
  }
  return result
}

func broadcastShape(_ shapes: [[Int]], _: [Int64]) -> [Int] {
  shapes[0].indices.map { axis in shapes.map { $0[axis] }.max()! }
}

/// The oracle of an operator that combines one element of each of its operands.
func combination(
  units: Double = 1, _ combine: @escaping @Sendable ([Double]) -> Double
) -> Oracle {
  Oracle(shape: broadcastShape) { inputs, _, shape in
    broadcastNumbers(inputs.map { $0! }, shape, units, combine)
  }
}

private func broadcastNumbers(
  _ inputs: [Numbers], _ shape: [Int], _ units: Double, _ combine: ([Double]) -> Double
) -> Expected {
  func element(_ operand: Numbers, _ indexes: [Int]) -> Double {
    var position = 0
    for (axis, index) in indexes.enumerated() {
      position = position * operand.shape[axis] + (operand.shape[axis] == 1 ? 0 : index)
    }
    return operand.values[position]
  }
  var result = Expected()
  for position in 0..<shape.reduce(1, *) {
    var (rest, indexes) = (position, [Int](repeating: 0, count: shape.count))
    for axis in shape.indices.reversed() {
      indexes[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    result.append(combine(inputs.map { element($0, indexes) }), units: units)
  }
  return result
}

func concatShape(_ shapes: [[Int]], _ attributes: [Int64]) -> [Int] {
  var shape = shapes[0]
  let axis = Int(attributes[0])
  shape[axis] = shapes.reduce(0) { $0 + $1[axis] }
  return shape
}

func concatNumbers(_ inputs: [Numbers?], _ attributes: [Int64], _ shape: [Int]) -> Expected {
  let axis = Int(attributes[0])
  let inner = shape[(axis + 1)...].reduce(1, *)
  var result = Expected()
  for outer in 0..<shape[..<axis].reduce(1, *) {
    for case let input? in inputs {
      let row = outer % input.shape[..<axis].reduce(1, *)  // A constant is the same for each image.
      for position in 0..<input.shape[axis] {
        for k in 0..<inner {
          let value = input.values[(row * input.shape[axis] + position) * inner + k]
          result.append(value, units: 0)
        }
      }
    }
  }
  return result
}
