/// What a model says to a probe: elements of each output, each image behind the other.
struct Answers {
  let outputs: [[Float]]

  /// The largest finite number.
  var largest: Float {
    outputs.joined().reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
  }

  /// The largest difference of an element. Where one is NaN or infinite, so must the other be.
  func largestDifference(from others: Answers) -> Float {
    var largest: Float = 0
    for (a, b) in zip(outputs.joined(), others.outputs.joined())
    where a != b && !(a.isNaN && b.isNaN) {
      let difference = abs(a - b)
      guard difference.isFinite else { return .infinity }
      largest = max(largest, difference)
    }
    return largest
  }

  /// The smallest and the largest finite number of an output; nil where none is.
  func range(of output: Int) -> ClosedRange<Float>? {
    var range: ClosedRange<Float>?
    for value in outputs[output] where value.isFinite {
      range = range.map { min($0.lowerBound, value)...max($0.upperBound, value) } ?? value...value
    }
    return range
  }

  /// Whether a model that was misread would have shown in an output: an element moves from one
  /// image to the next, and is not at the end of a sigmoid or a softmax.
  func tells(_ output: Int, batch: Int) -> Bool {
    let values = outputs[output]
    let scale = values.reduce(Float(0)) { $1.isFinite ? max($0, abs($1)) : $0 }
    let count = values.count / batch
    return (0..<count).contains { index in
      let value = values[index]
      guard value.isFinite, abs(value) > 1e-4 * scale, abs(abs(value) - 1) > 1e-4 else {
        return false
      }
      return batch == 1 || abs(value - values[count + index]) > 1e-3 * scale
    }
  }
}
