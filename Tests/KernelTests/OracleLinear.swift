// Oracles of the operators that multiply by weights.

func convShape(_ shapes: [[Int]], _ a: [Int64]) -> [Int] {
  let (x, w) = (shapes[0], shapes[1])
  func positions(_ size: Int, _ kernel: Int, _ pads: Int64, _ stride: Int64, _ dilation: Int64)
    -> Int
  {
    (size + Int(pads) - ((kernel - 1) * Int(dilation) + 1)) / Int(stride) + 1
  }
  return [
    x[0], positions(x[1], w[1], a[2] + a[4], a[0], a[6]),
    positions(x[2], w[2], a[3] + a[5], a[1], a[7]), w[0],
  ]
}

func convNumbers(_ inputs: [Numbers?], _ attributes: [Int64], _ shape: [Int]) -> Expected {
  let (x, weights) = (inputs[0]!, inputs[1]!)
  let bias = inputs.count > 2 ? inputs[2] : nil
  let a = attributes.map { Int($0) }
  let (depth, perGroup) = (weights.shape[3], weights.shape[0] / a[8])
  var result = Expected()
  let mayTile = a[0] == 1 && a[1] == 1 && weights.shape[1] * weights.shape[2] > 1
  if mayTile { result.tileBounds = [] }
  for n in 0..<shape[0] {
    let tiles = mayTile ? tileBounds(of: n, x, weights, bias, groups: a[8]) : []
    for h in 0..<shape[1] {
      for w in 0..<shape[2] {
        result.tileBounds?.append(contentsOf: tiles)
        for o in 0..<shape[3] {
          var sum = bias?[o] ?? 0
          var (size, terms) = (abs(sum), 1)
          for i in 0..<weights.shape[1] {
            for j in 0..<weights.shape[2] {
              let (row, column) = (h * a[0] - a[2] + i * a[6], w * a[1] - a[3] + j * a[7])
              guard (0..<x.shape[1]).contains(row), (0..<x.shape[2]).contains(column) else {
                continue
              }
              for c in 0..<depth {
                let product = weights[o, i, j, c] * x[n, row, column, o / perGroup * depth + c]
                sum += product
                size += abs(product)
                terms += 1
              }
            }
          }
          result.appendSum(sum, terms: terms, size: size)
        }
      }
    }
  }
  return result
}

/// For each output the bound of section 3 of the specification on tiled convolutions, for tiles
/// that cover the whole image; infinite where the image has numbers without bound.
private func tileBounds(
  of n: Int, _ x: Numbers, _ weights: Numbers, _ bias: Numbers?, groups: Int
) -> [Double] {
  let (pixels, channels) = (x.shape[1] * x.shape[2], x.shape[3])
  let (kernel, depth) = (weights.shape[1] * weights.shape[2], weights.shape[3])
  let largest = (0..<channels).map { c in
    (0..<pixels).reduce(0.0) { most, pixel in
      let size = abs(x.values[(n * pixels + pixel) * channels + c])
      return size.isNaN ? .infinity : max(most, size)
    }
  }
  let perGroup = weights.shape[0] / groups
  return (0..<weights.shape[0]).map { o in
    var sum = abs(bias?[o] ?? 0)
    for c in 0..<depth {
      let size = (0..<kernel).reduce(0) { $0 + abs(weights.values[(o * kernel + $1) * depth + c]) }
      sum += size == 0 ? 0 : largest[o / perGroup * depth + c] * size
    }
    return 2 * Double(kernel * depth + 68) * Expected.unit * sum + Expected.least
  }
}

func convTransposeShape(_ shapes: [[Int]], _ attributes: [Int64]) -> [Int] {
  let (x, w, a) = (shapes[0], shapes[1], attributes.map { Int($0) })
  return [
    x[0], (x[1] - 1) * a[0] + (w[1] - 1) * a[6] + 1 + a[9] - a[2] - a[4],
    (x[2] - 1) * a[1] + (w[2] - 1) * a[7] + 1 + a[10] - a[3] - a[5], w[0],
  ]
}

/// Each element of the input adds the kernel to the result.
func convTransposeNumbers(
  _ inputs: [Numbers?], _ attributes: [Int64], _ shape: [Int]
) -> Expected {
  let (x, weights) = (inputs[0]!, inputs[1]!)
  let bias = inputs.count > 2 ? inputs[2] : nil
  let a = attributes.map { Int($0) }
  let (depth, perGroup) = (weights.shape[3], weights.shape[0] / a[8])
  let count = shape.reduce(1, *)
  var sums = (0..<count).map { bias?[$0 % shape[3]] ?? 0 }
  var (sizes, terms) = (sums.map { abs($0) }, Array(repeating: 1, count: count))
  for n in 0..<x.shape[0] {
    for p in 0..<x.shape[1] {
      for q in 0..<x.shape[2] {
        for i in 0..<weights.shape[1] {
          for j in 0..<weights.shape[2] {
            let (row, column) = (p * a[0] + i * a[6] - a[2], q * a[1] + j * a[7] - a[3])
            guard (0..<shape[1]).contains(row), (0..<shape[2]).contains(column) else { continue }
            for o in 0..<shape[3] {
              let target = ((n * shape[1] + row) * shape[2] + column) * shape[3] + o
              for c in 0..<depth {
                let product = weights[o, i, j, c] * x[n, p, q, o / perGroup * depth + c]
                sums[target] += product
                sizes[target] += abs(product)
                terms[target] += 1
              }
            }
          }
        }
      }
    }
  }
  var result = Expected()
  for index in 0..<count {
    result.appendSum(sums[index], terms: terms[index], size: sizes[index])
  }
  return result
}

func denseNumbers(_ inputs: [Numbers?], _: [Int64], _ shape: [Int]) -> Expected {
  let (outputs, length) = (inputs[1]!.shape[0], inputs[1]!.shape[1])
  return denseNumbers(inputs, outputs, length, least: Expected.least) { o, k in o * length + k }
}

/// Products of inputs and scales may be subnormal.
func denseByInputNumbers(_ inputs: [Numbers?], _: [Int64], _ shape: [Int]) -> Expected {
  let (length, outputs) = (inputs[1]!.shape[0], inputs[1]!.shape[1])
  return denseNumbers(inputs, outputs, length, least: Expected.leastNormal) { o, k in
    k * outputs + o
  }
}

private func denseNumbers(
  _ inputs: [Numbers?], _ outputs: Int, _ length: Int, least: Double,
  _ place: (Int, Int) -> Int
) -> Expected {
  let (x, weights) = (inputs[0]!, inputs[1]!)
  let bias = inputs.count > 2 ? inputs[2] : nil
  var result = Expected()
  for row in 0..<x.count / length {
    for o in 0..<outputs {
      var sum = bias?[o] ?? 0
      var size = abs(sum)
      for k in 0..<length {
        let product = weights.values[place(o, k)] * x.values[row * length + k]
        sum += product
        size += abs(product)
      }
      result.appendSum(sum, terms: length + 1, size: size, least: least)
    }
  }
  return result
}

func batchNormNumbers(_ inputs: [Numbers?], _ attributes: [Int64], _: [Int]) -> Expected {
  let (x, gamma, beta) = (inputs[0]!, inputs[1]!, inputs[2]!)
  let (mean, variance) = (inputs[3]!, inputs[4]!)
  let epsilon = Double(bitPattern: UInt64(bitPattern: attributes[0]))
  var result = Expected()
  for (index, value) in x.values.enumerated() {
    let c = index % gamma.count
    let scale = gamma[c] / (variance[c] + epsilon).squareRoot()
    let size = abs(value * scale) + abs(mean[c] * scale) + abs(beta[c])
    result.appendSum((value - mean[c]) * scale + beta[c], terms: 4, size: size)
  }
  return result
}

func scaleShiftNumbers(_ inputs: [Numbers?], _: [Int64], _: [Int]) -> Expected {
  let (x, scale, shift) = (inputs[0]!, inputs[1]!, inputs[2]!)
  var result = Expected()
  for (index, value) in x.values.enumerated() {
    let c = index % scale.count
    result.appendSum(
      value * scale[c] + shift[c], terms: 2, size: abs(value * scale[c]) + abs(shift[c]))
  }
  return result
}
