import BackendKit

/// Elements at even distances.
struct Line {
  let first: UnsafePointer<Float>
  let length: Int, step: Int

  subscript(_ position: Int) -> Float { first[position * step] }

  func forEach(_ body: (Float) -> Void) {
    for position in 0..<length { body(self[position]) }
  }

  var sum: Double {
    var sum = 0.0
    forEach { sum += Double($0) }
    return sum
  }

  /// Whether element `a` is greater than element `b`; NaN is greater than all numbers.
  func isAbove(_ a: Int, _ b: Int) -> Bool {
    self[a] > self[b] || (self[a].isNaN && !self[b].isNaN)
  }
}

extension ReducedLines {
  func line(_ index: Int, of x: UnsafePointer<Float>) -> Line {
    Line(first: x + first(index), length: length, step: inner)
  }
}

/// Makes one result of each line of a part.
func reduce(
  _ call: CallView, _ lines: ReducedLines, _ part: UInt32, _ result: (Line) -> Float
) {
  let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
  for index in lines.split[part] { y[index] = result(lines.line(index, of: x)) }
}
