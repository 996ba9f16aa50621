import MTLFormat

/// Adds layers one by one, each fitted to the output of the one before.
public struct NetworkBuilder {
  public let inputShape: Shape
  public private(set) var layers: [any Layer] = []
  private let seed: UInt64
  private let prefix: String
  private var counts: [String: Int] = [:]

  /// `seed` decides the initial weights; layers' names begin with `prefix` and a point, if given.
  public init(inputShape: Shape, seed: UInt64, prefix: String = "") {
    self.inputShape = inputShape
    self.seed = seed
    self.prefix = prefix.isEmpty ? "" : prefix + "."
  }

  private var shape: Shape { layers.last?.outputShape ?? inputShape }

  private mutating func name(_ kind: String) -> String {
    counts[kind, default: 0] += 1
    return prefix + kind + String(counts[kind, default: 0])
  }

  private var random: Random { Random(.weights, seed, UInt64(layers.count)) }

  /// `size` x `size`, stride 1, as many output pixels as input pixels.
  public mutating func conv(_ filters: Int, size: Int = 3) throws(Status) {
    var random = random
    layers.append(
      try Conv2D(
        name: name("conv"), inputShape: shape, filters: filters, size: size, random: &random))
  }

  public mutating func dense(_ units: Int) throws(Status) {
    var random = random
    layers.append(
      try Dense(name: name("dense"), features: shape.count, units: units, random: &random))
  }

  /// `momentum` near 1: running statistics over many steps.
  public mutating func batchNorm(momentum: Float = 0.99) throws(Status) {
    layers.append(try BatchNorm(name: name("bn"), shape: shape, momentum: momentum))
  }

  /// An RGB image without colors and light.
  public mutating func gray() {
    layers.append(GrayImage(name: name("gray"), inputShape: shape))
  }

  public mutating func relu() { layers.append(ReLU(name: name("relu"), shape: shape)) }

  public mutating func maxPool(_ size: Int) {
    layers.append(MaxPool(name: name("pool"), inputShape: shape, size: size))
  }

  public mutating func globalAvgPool() {
    layers.append(GlobalAvgPool(name: name("average"), inputShape: shape))
  }

  public mutating func flatten() {
    layers.append(Flatten(name: name("flatten"), inputShape: shape))
  }

  public mutating func dropout(_ rate: Float) {
    layers.append(
      Dropout(
        name: name("dropout"), shape: shape, rate: rate,
        index: UInt64(layers.count) + (prefix.isEmpty ? 0 : seed << 16)))
  }
}
