/// Most elements of the columns that are held at once, 2 MiB.
private let columnElements = 1 << 19

/// `x (N, C, …)` convolved with `weights (O, C / groups, …)`: columns, then a matrix product for
/// each group. Some places at a time, so that little memory is needed beside the result.
func convolved(
  _ x: HostTensor, _ weights: HostTensor, bias: [Float]?, _ window: SpatialWindow, groups: Int
) throws -> HostTensor {
  let (images, channels, outputs) = (x.shape[0], x.shape[1], weights.shape[0])
  let inputCount = x.shape[2...].reduce(1, *)
  let places = window.output.reduce(1, *)
  let depth = channels / groups * window.kernel.reduce(1, *)
  let shape = [images, outputs] + window.output
  var result = Array(repeating: Float(0), count: try checkedCount(shape))
  // Whole lines of the last axis.
  let width = window.output.last!
  let lines = places / width
  let block = min(lines, max(1, columnElements / (depth * width)))
  var columns = Array(repeating: Float(0), count: try checkedCount([depth, block * width]))
  let each = outputs / groups
  var product = Array(repeating: Float(0), count: each * block * width)
  for n in 0..<images {
    for group in 0..<groups {
      let first = (n * channels + group * (channels / groups)) * inputCount
      for line in stride(from: 0, to: lines, by: block) {
        let some = line..<min(lines, line + block)
        fillColumns(
          &columns, x.floats, from: first, channels: channels / groups,
          input: Array(x.shape[2...]), window, lines: some)
        weights.floats.withUnsafeBufferPointer { weights in
          exactProduct(
            rows: each, columns: some.count * width, depth: depth,
            weights.baseAddress! + group * each * depth, columns, to: &product)
        }
        let count = some.count * width
        result.withUnsafeMutableBufferPointer { result in
          for o in 0..<each {
            let target = (n * outputs + group * each + o) * places + some.lowerBound * width
            for place in 0..<count { result[target + place] = product[o * count + place] }
          }
        }
      }
    }
  }
  if let bias {
    result.withUnsafeMutableBufferPointer { target in
      for row in 0..<images * outputs {
        for place in 0..<places { target[row * places + place] += bias[row % outputs] }
      }
    }
  }
  return HostTensor(shape, floats: result)
}

/// Row `(channel, kernel position)`, column `place`: the element that the kernel meets there, 0 in
/// the padding. Of the places, those on `lines` of the last axis.
private func fillColumns(
  _ columns: inout [Float], _ x: [Float], from first: Int, channels: Int, input: [Int],
  _ window: SpatialWindow, lines: Range<Int>
) {
  let inputCount = input.reduce(1, *)
  let (rows, width) = (lines.count, window.output.last!)
  let places = rows * width
  let last = window.rank - 1
  let rowPlaces = Array(indexTuples(Array(window.output.dropLast()))[lines])
  let positions = indexTuples(window.kernel)
  columns.withUnsafeMutableBufferPointer { columns in
    x.withUnsafeBufferPointer { x in
      for (k, position) in positions.enumerated() {
        // Where each row of places reads, or nothing.
        let starts = rowPlaces.map { place -> Int? in
          var index = 0
          for axis in 0..<last {
            let at =
              place[axis] * window.strides[axis] + position[axis] * window.dilations[axis]
              - window.before[axis]
            guard at >= 0, at < input[axis] else { return nil }
            index = index * input[axis] + at
          }
          return index * input[last]
        }
        let shift = position[last] * window.dilations[last] - window.before[last]
        for channel in 0..<channels {
          var target = (channel * positions.count + k) * places
          for row in 0..<rows {
            let source = starts[row].map { first + channel * inputCount + $0 }
            for column in 0..<width {
              let at = column * window.strides[last] + shift
              columns[target + column] =
                source != nil && at >= 0 && at < input[last] ? x[source! + at] : 0
            }
            target += width
          }
        }
      }
    }
  }
}
