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
  for n in 0..<shape[0] {
    for h in 0..<shape[1] {
      for w in 0..<shape[2] {
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

func denseNumbers(_ inputs: [Numbers?], _: [Int64], _ shape: [Int]) -> Expected {
  let (x, weights) = (inputs[0]!, inputs[1]!)
  let bias = inputs.count > 2 ? inputs[2] : nil
  let (outputs, length) = (weights.shape[0], weights.shape[1])
  var result = Expected()
  for row in 0..<x.count / length {
    for o in 0..<outputs {
      var sum = bias?[o] ?? 0
      var size = abs(sum)
      for k in 0..<length {
        let product = weights.values[o * length + k] * x.values[row * length + k]
        sum += product
        size += abs(product)
      }
      result.appendSum(sum, terms: length + 1, size: size)
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
