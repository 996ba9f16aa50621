import MTLTrain
import Testing

struct GradientTests {
  @Test(arguments: [(3, 5, 4, 3, 6), (1, 3, 4, 2, 3), (3, 1, 7, 1, 2), (5, 4, 3, 2, 3)])
  func conv(size: Int, height: Int, width: Int, channels: Int, filters: Int) throws {
    var random = Random(.check, 1)
    let layer = try Conv2D(
      name: "conv", inputShape: Shape(height: height, width: width, channels: channels),
      filters: filters, size: size, random: &random)
    try GradientCheck(layer: layer, batch: 3) { x, parameters in
      PlainLayers.conv(
        x, parameters[0], parameters[1], batch: 3, height: height, width: width,
        channels: channels, size: size)
    }.run(seed: 11)
  }

  @Test(arguments: [(7, 5), (1, 1), (20, 130), (1030, 27)])
  func dense(features: Int, units: Int) throws {
    var random = Random(.check, 2)
    let layer = try Dense(name: "dense", features: features, units: units, random: &random)
    try GradientCheck(layer: layer, batch: 4, samples: 1000) { x, parameters in
      PlainLayers.dense(x, parameters[0], parameters[1], batch: 4)
    }.run(seed: 12)
  }

  @Test(arguments: [Shape(height: 3, width: 4, channels: 5), Shape(features: 6)])
  func batchNorm(shape: Shape) throws {
    let layer = try BatchNorm(name: "bn", shape: shape)
    try GradientCheck(layer: layer, batch: 3) { x, parameters in
      PlainLayers.batchNorm(
        x, gamma: parameters[0], beta: parameters[1], epsilon: Double(BatchNorm.epsilon))
    }.run(seed: 13)
  }

  @Test func grayImage() throws {
    let layer = GrayImage(name: "gray", inputShape: Shape(height: 3, width: 4, channels: 3))
    try GradientCheck(layer: layer, batch: 2) { x, _ in
      PlainLayers.grayImage(x, batch: 2, epsilon: Double(GrayImage.epsilon))
    }.run(seed: 20)
  }

  @Test func relu() throws {
    let layer = ReLU(name: "relu", shape: Shape(height: 3, width: 3, channels: 2))
    try GradientCheck(layer: layer, batch: 2) { x, _ in PlainLayers.relu(x) }.run(seed: 14)
  }

  /// With pixels to the right and below that belong to no window.
  @Test(arguments: [(2, 5, 7), (3, 6, 6), (1, 2, 2)])
  func maxPool(size: Int, height: Int, width: Int) throws {
    let layer = MaxPool(
      name: "pool", inputShape: Shape(height: height, width: width, channels: 3), size: size)
    try GradientCheck(layer: layer, batch: 2) { x, _ in
      PlainLayers.maxPool(x, batch: 2, height: height, width: width, channels: 3, size: size)
    }.run(seed: 15)
  }

  @Test func globalAvgPool() throws {
    let layer = GlobalAvgPool(
      name: "average", inputShape: Shape(height: 3, width: 4, channels: 5))
    try GradientCheck(layer: layer, batch: 2) { x, _ in
      PlainLayers.globalAvgPool(x, batch: 2, channels: 5)
    }.run(seed: 16)
  }

  @Test func flatten() throws {
    let layer = Flatten(name: "flatten", inputShape: Shape(height: 2, width: 3, channels: 2))
    try GradientCheck(layer: layer, batch: 2) { x, _ in x }.run(seed: 17)
  }

  /// What is dropped is found by sending ones through: the same seed and step drop the same.
  @Test func dropout() throws {
    let shape = Shape(features: 101)
    let layer = Dropout(name: "dropout", shape: shape, rate: 0.25, index: 5)
    let workers = Workers(threads: 2)
    layer.prepare(capacity: 2, workers: workers)
    var factors = [Float](repeating: 0, count: 2 * shape.count)
    layer.forward(
      [Float](repeating: 1, count: factors.count), &factors,
      Pass(batch: 2, isTraining: true, seed: 18, step: 3, workers: workers))
    #expect(Set(factors) == [0, 1 / Float(0.75)])
    try GradientCheck(layer: layer, batch: 2) { x, _ in
      zip(x, factors).map { $0 * Double($1) }
    }.run(seed: 18)
  }

  @Test func dropoutDropsAsManyAsItShould() {
    let count = 200_000
    let layer = Dropout(name: "dropout", shape: Shape(features: count), rate: 0.4, index: 0)
    let workers = Workers(threads: 1)
    layer.prepare(capacity: 1, workers: workers)
    let ones = [Float](repeating: 1, count: count)
    var result = ones
    layer.forward(ones, &result, Pass(batch: 1, isTraining: true, seed: 1, workers: workers))
    let dropped = Double(result.count { $0 == 0 }) / Double(count)
    #expect(abs(dropped - 0.4) < 0.005)
    layer.forward(ones, &result, Pass(batch: 1, isTraining: false, seed: 1, workers: workers))
    #expect(result == ones)
  }

  /// All layers together, through the loss: every parameter by differences.
  @Test func network() throws {
    var builder = NetworkBuilder(inputShape: Shape(height: 4, width: 4, channels: 2), seed: 3)
    try builder.conv(3)
    builder.relu()
    try builder.batchNorm()
    builder.maxPool(2)
    builder.flatten()
    try builder.dense(4)
    builder.relu()
    try builder.dense(2)
    let network = Network(
      name: "test", inputShape: builder.inputShape, layers: builder.layers)
    let batch = 3
    let workers = Workers(threads: 2)
    try network.prepare(capacity: batch, workers: workers)
    var random = Random(.check, 19)
    for i in 0..<batch * 32 { network.input[i] = Float(random.uniform(-1, 1)) }
    let x = (0..<batch * 32).map { Double(network.input[$0]) }
    let targets: [Float] = [1, 0, 0, 1, 1, 1]
    let pass = Pass(batch: batch, isTraining: true, workers: workers)
    network.forward(pass)
    network.backward(pass) { gradient in
      BinaryCrossEntropy.gradient(
        logits: network.logits, targets: targets, count: 6, into: gradient)
    }
    let trained = network.parameters.filter { $0.isTrained }
    var values = trained.map { $0.value.elements.map(Double.init) }
    func loss() -> Double {
      var y = PlainLayers.conv(
        x, values[0], values[1], batch: batch, height: 4, width: 4, channels: 2, size: 3)
      y = PlainLayers.batchNorm(
        PlainLayers.relu(y), gamma: values[2], beta: values[3], epsilon: Double(BatchNorm.epsilon))
      y = PlainLayers.maxPool(y, batch: batch, height: 4, width: 4, channels: 3, size: 2)
      y = PlainLayers.relu(PlainLayers.dense(y, values[4], values[5], batch: batch))
      y = PlainLayers.dense(y, values[6], values[7], batch: batch)
      return PlainLayers.binaryCrossEntropy(y, targets.map(Double.init))
    }
    let ours = BinaryCrossEntropy.sum(logits: network.logits, targets: targets, count: 6) / 6
    #expect(abs(ours - loss()) < 1e-6)
    for (index, parameter) in trained.enumerated() {
      for i in 0..<parameter.count {
        let middle = values[index][i]
        values[index][i] = middle + 1e-5
        let above = loss()
        values[index][i] = middle - 1e-5
        let below = loss()
        values[index][i] = middle
        let expected = (above - below) / 2e-5
        let error = abs(Double(parameter.gradient.base[i]) - expected)
        #expect(error <= 1e-5 + 2e-4 * abs(expected), "gradient of \(parameter.name)[\(i)]")
      }
    }
  }
}
