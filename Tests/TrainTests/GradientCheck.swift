import CMTL
import MTLTrain
import Testing

/// Compares a layer with its plain definition: its output, and its gradients with central
/// differences of the definition in Double.
struct GradientCheck {
  let layer: any Layer
  let batch: Int
  var kernels = TrainingKernels.best
  /// How many elements of the input and of each parameter are tried, chosen at random; nil: all.
  var samples: Int?
  /// From input and parameters to output.
  let plain: (_ x: [Double], _ parameters: [[Double]]) -> [Double]

  /// Relative to 1 or the value, whichever is larger.
  static let tolerance = 2e-4
  static let step = 1e-5

  func run(seed: UInt64) throws {
    let workers = Workers(threads: 2, kernels: kernels)
    try layer.prepare(capacity: batch, workers: workers)
    var random = Random(.check, seed)
    let x = (0..<batch * layer.inputShape.count).map { _ in Float(random.uniform(-1, 1)) }
    let parameters = layer.parameters.filter { $0.isTrained }
    for parameter in parameters {
      for i in 0..<parameter.count { parameter.value.base[i] = Float(random.uniform(-1, 1)) }
    }
    let slope = (0..<batch * layer.outputShape.count).map { _ in Float(random.uniform(-1, 1)) }
    let pass = Pass(batch: batch, isTraining: true, seed: seed, step: 3, workers: workers)
    let (y, inputGradient) = differentiate(x, slope, pass)

    let values = parameters.map { $0.value.elements.map(Double.init) }
    let expected = plain(x.map(Double.init), values)
    try #require(expected.count == y.count)
    for (a, b) in zip(y, expected) { #expect(isClose(a, b), "output of \(layer.name)") }
    checkInput(x, values, slope, inputGradient)
    for (index, parameter) in parameters.enumerated() {
      check(parameter, index, x, values, slope)
    }
  }

  /// Output, and the gradient of `sum(slope * output)` by the input.
  private func differentiate(_ x: [Float], _ slope: [Float], _ pass: Pass) -> ([Float], [Float]) {
    // In place the output overwrites the input, as in a network.
    var input = x
    var y = [Float](repeating: .nan, count: slope.count)
    var outputGradient = slope
    var inputGradient = [Float](repeating: .nan, count: x.count)
    if layer.isInPlace {
      input.withUnsafeMutableBufferPointer { memory in
        let base = memory.baseAddress!
        layer.forward(base, base, pass)
        outputGradient.withUnsafeMutableBufferPointer { gradient in
          layer.backward(
            input: base, output: base, outputGradient: gradient.baseAddress!,
            inputGradient: gradient.baseAddress!, pass)
        }
      }
      return (input, outputGradient)
    }
    layer.forward(input, &y, pass)
    layer.backward(
      input: input, output: y, outputGradient: &outputGradient, inputGradient: &inputGradient, pass)
    return (y, inputGradient)
  }

  private func chosen(of count: Int) -> [Int] {
    guard let samples, samples < count else { return Array(0..<count) }
    var random = Random(.check, UInt64(count))
    return Array(random.permutation(count)[..<samples])
  }

  private func isClose(_ value: Float, _ expected: Double) -> Bool {
    abs(Double(value) - expected) <= Self.tolerance * max(1, abs(expected))
  }

  private func objective(_ x: [Double], _ values: [[Double]], _ slope: [Float]) -> Double {
    zip(plain(x, values), slope).reduce(0) { $0 + $1.0 * Double($1.1) }
  }

  private func checkInput(
    _ x: [Float], _ values: [[Double]], _ slope: [Float], _ gradient: [Float]
  ) {
    var point = x.map(Double.init)
    for i in chosen(of: point.count) {
      let middle = point[i]
      point[i] = middle + Self.step
      let above = objective(point, values, slope)
      point[i] = middle - Self.step
      let below = objective(point, values, slope)
      point[i] = middle
      let expected = (above - below) / (2 * Self.step)
      #expect(
        isClose(gradient[i], expected),
        "\(layer.name): gradient of input \(i) is \(gradient[i]), not \(expected)")
    }
  }

  private func check(
    _ parameter: Parameter, _ index: Int, _ x: [Float], _ values: [[Double]], _ slope: [Float]
  ) {
    let x = x.map(Double.init)
    var values = values
    for i in chosen(of: parameter.count) {
      let middle = values[index][i]
      values[index][i] = middle + Self.step
      let above = objective(x, values, slope)
      values[index][i] = middle - Self.step
      let below = objective(x, values, slope)
      values[index][i] = middle
      let expected = (above - below) / (2 * Self.step)
      #expect(
        isClose(parameter.gradient.base[i], expected),
        "gradient of \(parameter.name)[\(i)] is \(parameter.gradient.base[i]), not \(expected)")
    }
  }
}
