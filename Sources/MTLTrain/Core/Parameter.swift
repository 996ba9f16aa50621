import MTLFormat

/// One tensor of a layer that a checkpoint keeps: trained by the optimiser, or a running statistic.
public final class Parameter {
  public let name: String
  public let dimensions: [Int]
  public let isTrained: Bool
  public let value: FloatBuffer
  /// Of the same size, filled by each backward pass; empty if not trained.
  public let gradient: FloatBuffer

  public init(
    name: String, dimensions: [Int], isTrained: Bool = true, initial: Float = 0
  ) throws(Status) {
    self.name = name
    self.dimensions = dimensions
    self.isTrained = isTrained
    let count = dimensions.reduce(1, *)
    value = try FloatBuffer(count: count)
    gradient = try FloatBuffer(count: isTrained ? count : 0)
    if initial != 0 { value.elements.update(repeating: initial) }
  }

  public var count: Int { value.count }

  /// Uniform within ± sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010).
  func fillGlorotUniform(fanIn: Int, fanOut: Int, _ random: inout Random) {
    let limit = (6.0 / Double(fanIn + fanOut)).squareRoot()
    for i in 0..<count { value.base[i] = Float(random.uniform(-limit, limit)) }
  }
}
