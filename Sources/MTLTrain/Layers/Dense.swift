import MTLFormat

/// `output = input * weights^T + bias`: weights `(units, features)`, which start as Glorot's, bias
/// `(units)`, which starts as zero.
public final class Dense: Layer {
  public let name: String
  public let inputShape: Shape
  public let outputShape: Shape
  public let weights: Parameter
  public let bias: Parameter
  public var parameters: [Parameter] { [weights, bias] }

  /// Rows and columns of the weights that one thread handles at a time.
  private static let part = (units: 64, features: 512)

  public init(name: String, features: Int, units: Int, random: inout Random) throws(Status) {
    self.name = name
    inputShape = Shape(features: features)
    outputShape = Shape(features: units)
    weights = try Parameter(name: name + ".weights", dimensions: [units, features])
    bias = try Parameter(name: name + ".bias", dimensions: [units])
    weights.fillGlorotUniform(fanIn: features, fanOut: units, &random)
  }

  private var units: Int { outputShape.count }
  private var features: Int { inputShape.count }

  func scale(unit: Int, by factor: Float) {
    for i in unit * features..<(unit + 1) * features { weights.value.base[i] *= factor }
    bias.value.base[unit] *= factor
  }

  public func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass) {
    pass.workers.forEachRange(of: units, size: Self.part.units) { range, _ in
      let first = range.lowerBound
      for image in 0..<pass.batch {
        (output + image * units + first).update(
          from: bias.value.base + first, count: range.count)
      }
      multiply(
        Matrix(input, stride: features),
        Matrix(weights.value.base + first * features, stride: features, isTransposed: true),
        rows: pass.batch, columns: range.count, depth: features, into: output + first,
        stride: units, isSum: true)
    }
  }

  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {
    pass.workers.forEachRange(of: units, size: Self.part.units) { range, _ in
      let first = range.lowerBound
      multiply(
        Matrix(outputGradient + first, stride: units, isTransposed: true),
        Matrix(input, stride: features),
        rows: range.count, columns: features, depth: pass.batch,
        into: weights.gradient.base + first * features, stride: features, isSum: false)
      for unit in range {
        var sum: Float = 0
        for image in 0..<pass.batch { sum += outputGradient[image * units + unit] }
        bias.gradient.base[unit] = sum
      }
    }
    guard let inputGradient else { return }
    pass.workers.forEachRange(of: features, size: Self.part.features) { range, _ in
      let first = range.lowerBound
      multiply(
        Matrix(outputGradient, stride: units),
        Matrix(weights.value.base + first, stride: features),
        rows: pass.batch, columns: range.count, depth: units, into: inputGradient + first,
        stride: features, isSum: false)
    }
  }
}
