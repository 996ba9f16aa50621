import MTLFormat

/// One tensor of a layer that a checkpoint keeps: trained by the optimiser, or a running statistic.
public final class Parameter {
  public let name: String
  public let dimensions: [Int]
  public private(set) var isTrained: Bool
  public let value: FloatBuffer
  /// Of the same size, filled by each backward pass; empty if not trained.
  public let gradient: FloatBuffer

  /// A moving average of the value, if the recipe keeps one.
  public private(set) var average: FloatBuffer?

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

  /// Keeps its value from now on, whatever its gradient is.
  func freeze() { isTrained = false }

  /// Keeps a moving average from now on, which starts as the value.
  func keepAverage() throws(Status) {
    let average = try FloatBuffer(count: count)
    average.base.update(from: value.base, count: count)
    self.average = average
  }

  /// Moves the average towards the value, of which it takes the part `share`.
  func moveAverage(_ share: Float) {
    guard let average = average?.base else { return }
    for i in 0..<count { average[i] += (value.base[i] - average[i]) * share }
  }

  /// Exchanges the value and its average, if there is one.
  func exchangeAverage() {
    guard let average = average?.base else { return }
    for i in 0..<count { swap(&average[i], &value.base[i]) }
  }

  /// Uniform within ± sqrt(6 / (fanIn + fanOut)) (Glorot and Bengio, 2010).
  func fillGlorotUniform(fanIn: Int, fanOut: Int, _ random: inout Random) {
    let limit = (6.0 / Double(fanIn + fanOut)).squareRoot()
    for i in 0..<count { value.base[i] = Float(random.uniform(-limit, limit)) }
  }
}
