import BackendKit

/// For each line along the axis the `k` largest or smallest elements in order, of equal ones that
/// of the lower index first; the result has what `show` makes of each one's index.
func chooseLargest(_ call: CallView, _ part: UInt32, _ show: (Line, Int) -> Float) {
  let lines = ReducedLines(axisOf: call.op)
  let (k, wantsLargest) = (call.op.attribute(1), call.op.attribute(2) == 1)
  let (x, y) = (call.elements(call.op.input(0)), call.values(call.op.output))
  for index in lines.split[part] {
    let line = lines.line(index, of: x)
    let first = index / lines.inner * lines.inner * k + index % lines.inner
    var last: Int?
    for position in 0..<k {
      var best: Int?
      for candidate in 0..<line.length {
        if let last, !line.comes(last, before: candidate, wantsLargest) { continue }
        if let best, !line.comes(candidate, before: best, wantsLargest) { continue }
        best = candidate
      }
      last = best
      y[first + position * lines.inner] = show(line, best ?? 0)
    }
  }
}

extension Line {
  /// Whether element `a` stands before element `b` in order.
  fileprivate func comes(_ a: Int, before b: Int, _ wantsLargest: Bool) -> Bool {
    let (above, below) = (isAbove(a, b), isAbove(b, a))
    if above || below { return above == wantsLargest }
    return a < b
  }
}
