/// What bounds the errors of a convolution that is computed by tiles: for each result the sum, over
/// the input channels, of the largest magnitude that a tile with this result reads, times the
/// magnitudes of all weights (`spec/operators.md`, section 3).
struct TileMagnitudes {
  /// Further than this apart, two results are in different tiles.
  static let reach = 7

  private let x: CaseTensor
  /// Rows and columns that one result reads from the first to the last.
  private let extent: [Int]
  /// Top, left, bottom, right.
  private let pad: [Int]
  private let batch: Int
  private let scalar: ScalarOperator

  /// Of convolution `node`, whose strides are 1.
  init(_ data: CaseData, _ node: Int, _ magnitudes: ConstantMemory) throws(Defect) {
    let convolution = data.graph.nodes[node]
    let attributes = convolution.attributes
    x = data.graph.tensors[convolution.inputs[0]!]
    let kernel = data.graph.tensors[convolution.inputs[1]!].shape[1...2]
    extent = zip(kernel, ["dilation_h", "dilation_w"]).map { size, name in
      (size - 1) * convolution.row.value(of: name, in: attributes) + 1
    }
    pad = ["pad_top", "pad_left", "pad_bottom", "pad_right"].map {
      convolution.row.value(of: $0, in: attributes)
    }
    batch = data.batch
    // The same without padding, on an input with the padding in it: so every weight takes part in
    // every result.
    let whole = data.graph.withPaddingInside(of: node)
    scalar = try ScalarOperator(whole, node, batch: batch, magnitudes)
  }

  /// `sizes` are the magnitudes of the convolution's input.
  func sums(_ sizes: [Float]) -> [Float] {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let (tall, wide) = (height + pad[0] + pad[2], width + pad[1] + pad[3])
    var padded = [Float](repeating: 0, count: batch * tall * wide * channels)
    for image in 0..<batch {
      for h in 0..<height {
        let source = (image * height + h) * width * channels
        let target = ((image * tall + h + pad[0]) * wide + pad[1]) * channels
        for k in 0..<width * channels { padded[target + k] = sizes[source + k] }
      }
    }
    padded = slidingMaximum(
      padded, lines: batch * tall, length: wide, step: channels, reach: Self.reach + extent[1])
    padded = slidingMaximum(
      padded, lines: batch, length: tall, step: wide * channels, reach: Self.reach + extent[0])
    return scalar.run { _ in padded }
  }
}

/// Along each of `lines` lines of `length` groups of `step` numbers: the largest of each number
/// and those up to `reach` groups away.
func slidingMaximum(
  _ numbers: [Float], lines: Int, length: Int, step: Int, reach: Int
) -> [Float] {
  var result = numbers
  numbers.withUnsafeBufferPointer { numbers in
    result.withUnsafeMutableBufferPointer { result in
      for line in 0..<lines {
        let first = line * length * step
        for position in 0..<length {
          for other in max(0, position - reach)...min(length - 1, position + reach) {
            let (to, from) = (first + position * step, first + other * step)
            for k in 0..<step { result[to + k] = max(result[to + k], numbers[from + k]) }
          }
        }
      }
    }
  }
  return result
}
