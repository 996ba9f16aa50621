/// An input of a dense layer that is not 0.
struct NonzeroInput {
  /// Its number in its row.
  var index: UInt32
  /// The input, times the scale of its weights.
  var value: Float

  /// Inputs of a row that are multiplied before its sums go to memory. While they are, the weights
  /// of as many that follow are fetched.
  static let chunk = 16

  /// How many of them a list of a range of inputs takes at most.
  static func count(_ range: Int) -> Int { range + chunk + 1 }

  /// Lists those of a range of the `length` inputs of a row, and behind them a chunk of others:
  /// those that follow in the row, or the last again. Returns how many there are in the range.
  static func list(
    _ range: Range<Int>, of x: UnsafePointer<Float>, length: Int, scales: UnsafePointer<Float>?,
    to list: UnsafeMutablePointer<NonzeroInput>
  ) -> Int {
    func put(_ k: Int, _ count: inout Int) {
      let value = scales.map { x[k] * $0[k] } ?? x[k]
      list[count] = NonzeroInput(index: UInt32(truncatingIfNeeded: k), value: value)
      count += value == 0 ? 0 : 1
    }
    var count = 0
    for k in range { put(k, &count) }
    guard count > 0 else { return 0 }
    var (all, next) = (count, range.upperBound)
    while all < count + chunk, next < length {
      put(next, &all)
      next += 1
    }
    for k in all..<max(all, count + chunk) { list[k] = list[count - 1] }
    return count
  }
}

/// A row's inputs that are not 0, as far as they are listed, and where its sums are.
struct ListedRow {
  let list: UnsafeMutablePointer<NonzeroInput>
  var count: Int
  let sums: UnsafeMutablePointer<Float>

  /// As many of them as are multiplied at a time, from `next` on; there may be none.
  @inline(__always)
  func chunk(from next: Int) -> NonzeroChunk {
    NonzeroChunk(list: list + next, count: max(0, min(NonzeroInput.chunk, count - next)))
  }
}

/// Some listed inputs, maybe none.
struct NonzeroChunk {
  let list: UnsafePointer<NonzeroInput>
  let count: Int
}
