import BackendKit

/// Takes the mean from the elements of some channels of `pixels` pixels, divides by their
/// deviation, then scales and shifts each channel by inputs 1 and 2. The first pixel begins at
/// `first`.
func normalise(
  _ call: CallView, first: Int, pixels: Int, channels: Range<Int>, _ epsilon: Double
) {
  let width = call.op.output.channels
  let x = call.elements(call.op.input(0)) + first
  let y = call.values(call.op.output) + first
  let (gamma, beta) = (call.op.input(1).floats, call.op.input(2).floats)
  func forEach(_ body: (Int, Int) -> Void) {
    for pixel in 0..<pixels {
      for c in channels { body(pixel * width + c, c) }
    }
  }
  let count = Double(pixels * channels.count)
  var sum = 0.0
  forEach { element, _ in sum += Double(x[element]) }
  let mean = sum / count
  var squares = 0.0
  forEach { element, _ in squares += (Double(x[element]) - mean) * (Double(x[element]) - mean) }
  let deviation = (squares / count + epsilon).squareRoot()
  forEach { element, c in
    let normal = (Double(x[element]) - mean) / deviation
    y[element] = Float(normal * Double(gamma[c]) + Double(beta[c]))
  }
}
