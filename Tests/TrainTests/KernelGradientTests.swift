import CMTL
import MTLTrain
import Testing

/// The kernels of training, as compiled for each instruction set that this CPU has.
struct KernelGradientTests {
  static let numbers = Array(TrainingKernels.available.indices)

  /// Few channels and many, whole vectors and parts, tiles that reach beyond the image.
  static let shapes = [
    (height: 4, width: 4, channels: 8, filters: 3), (height: 5, width: 6, channels: 9, filters: 17),
    (height: 8, width: 9, channels: 16, filters: 32),
    (height: 1, width: 3, channels: 33, filters: 8),
    (height: 6, width: 5, channels: 5, filters: 35), (height: 3, width: 1, channels: 1, filters: 1),
    (height: 23, width: 18, channels: 9, filters: 5),
  ]

  @Test(arguments: numbers, shapes)
  func conv(number: Int, shape: (height: Int, width: Int, channels: Int, filters: Int)) throws {
    var random = Random(.check, 1)
    let layer = try Conv2D(
      name: "conv",
      inputShape: Shape(height: shape.height, width: shape.width, channels: shape.channels),
      filters: shape.filters, size: 3, random: &random)
    try GradientCheck(
      layer: layer, batch: 3, kernels: TrainingKernels.available[number], samples: 25
    ) { x, parameters in
      PlainLayers.conv(
        x, parameters[0], parameters[1], batch: 3, height: shape.height, width: shape.width,
        channels: shape.channels, size: 3)
    }.run(seed: 21)
  }

  /// Convolution, ReLU and normalisation twice, and a pool that leaves pixels out, as one layer.
  @Test(arguments: numbers, [0, 2, 3])
  func block(number: Int, pool: Int) throws {
    let (height, width, batch) = (7, 8, 2)
    let filters = (10, 6)
    var builder = NetworkBuilder(
      inputShape: Shape(height: height, width: width, channels: 3), seed: 2)
    for count in [filters.0, filters.1] {
      try builder.conv(count)
      builder.relu()
      try builder.batchNorm()
    }
    if pool > 0 { builder.maxPool(pool) }
    let fused = ConvBlock.fused(builder.layers)
    try #require(fused.count == 1 && fused[0] is ConvBlock)
    try GradientCheck(
      layer: fused[0], batch: batch, kernels: TrainingKernels.available[number], samples: 25
    ) { x, p in
      var y = PlainLayers.conv(
        x, p[0], p[1], batch: batch, height: height, width: width, channels: 3, size: 3)
      y = PlainLayers.batchNorm(
        PlainLayers.relu(y), gamma: p[2], beta: p[3], epsilon: Double(BatchNorm.epsilon))
      y = PlainLayers.conv(
        y, p[4], p[5], batch: batch, height: height, width: width, channels: filters.0, size: 3)
      y = PlainLayers.batchNorm(
        PlainLayers.relu(y), gamma: p[6], beta: p[7], epsilon: Double(BatchNorm.epsilon))
      if pool == 0 { return y }
      return PlainLayers.maxPool(
        y, batch: batch, height: height, width: width, channels: filters.1, size: pool)
    }.run(seed: 22)
  }

  /// A block predicts what its layers predict one by one, with the running statistics.
  @Test(arguments: numbers)
  func blockPredictsWhatItsLayersDo(number: Int) throws {
    let workers = Workers(threads: 2, kernels: TrainingKernels.available[number])
    var builder = NetworkBuilder(inputShape: Shape(height: 6, width: 6, channels: 3), seed: 2)
    for count in [9, 8] {
      try builder.conv(count)
      builder.relu()
      try builder.batchNorm(momentum: 0.5)
    }
    builder.maxPool(2)
    let block = ConvBlock.fused(builder.layers)[0]
    try block.prepare(capacity: 2, workers: workers)
    var random = Random(.check, 23)
    let x = (0..<2 * block.inputShape.count).map { _ in Float(random.uniform(-1, 1)) }
    var y = [Float](repeating: .nan, count: 2 * block.outputShape.count)
    block.forward(x, &y, Pass(batch: 2, isTraining: true, workers: workers))
    let pass = Pass(batch: 2, isTraining: false, workers: workers)
    block.forward(x, &y, pass)
    var values = x
    for layer in builder.layers {
      try layer.prepare(capacity: 2, workers: workers)
      var next = [Float](repeating: .nan, count: 2 * layer.outputShape.count)
      layer.forward(values, &next, pass)
      values = next
    }
    for (a, b) in zip(y, values) { #expect(abs(a - b) <= 1e-5 * max(1, abs(b))) }
  }

  /// A first block, whose input has no gradient to be made, has the parameters' gradients of any.
  @Test(arguments: numbers, [3, 9])
  func blockWithoutInputGradient(number: Int, channels: Int) throws {
    let workers = Workers(threads: 2, kernels: TrainingKernels.available[number])
    var builder = NetworkBuilder(
      inputShape: Shape(height: 6, width: 7, channels: channels), seed: 2)
    for count in [10, 6] {
      try builder.conv(count)
      builder.relu()
      try builder.batchNorm()
    }
    builder.maxPool(2)
    let block = ConvBlock.fused(builder.layers)[0]
    try block.prepare(capacity: 2, workers: workers)
    var random = Random(.check, 25)
    func draw(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.uniform(-1, 1)) } }
    let x = draw(2 * block.inputShape.count)
    var y = draw(2 * block.outputShape.count)
    var slope = draw(y.count)
    var inputGradient = x
    let pass = Pass(batch: 2, isTraining: true, workers: workers)
    block.forward(x, &y, pass)
    let trained = block.parameters.filter { $0.isTrained }
    func gradients(_ target: MutableFloats?) -> [[Float]] {
      block.backward(input: x, output: y, outputGradient: &slope, inputGradient: target, pass)
      return trained.map { Array($0.gradient.elements) }
    }
    let all = inputGradient.withUnsafeMutableBufferPointer { gradients($0.baseAddress) }
    for parameter in trained { parameter.gradient.zero() }
    #expect(gradients(nil) == all)
  }

  /// Weights that are updated as their gradient is made are those of a gradient that was stored.
  @Test(arguments: numbers, [(7, 5, 3), (130, 30, 5), (1100, 9, 2)])
  func denseStep(number: Int, sizes: (features: Int, units: Int, batch: Int)) throws {
    let workers = Workers(threads: 2, kernels: TrainingKernels.available[number])
    func trained(isAtOnce: Bool) throws -> [[Float]] {
      var random = Random(.check, 26)
      let layer = try Dense(
        name: "dense", features: sizes.features, units: sizes.units, random: &random)
      try layer.prepare(capacity: sizes.batch, workers: workers)
      let adam = try Adam(layer.parameters)
      func draw(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.uniform(-1, 1)) } }
      let x = draw(sizes.batch * sizes.features)
      var slope = draw(sizes.batch * sizes.units)
      var (y, inputGradient) = (slope, x)
      for step in 0..<3 {
        adam.begin(rate: 0.01, weightDecay: 0.1, step: UInt64(step))
        let pass = Pass(
          batch: sizes.batch, isTraining: true, workers: workers,
          optimiser: isAtOnce ? adam : nil)
        layer.forward(x, &y, pass)
        layer.backward(
          input: x, output: y, outputGradient: &slope, inputGradient: &inputGradient, pass)
        adam.finish(workers)
      }
      return layer.parameters.map { Array($0.value.elements) } + [y, inputGradient]
    }
    #expect(try trained(isAtOnce: true) == trained(isAtOnce: false))
  }

  /// Whatever the instruction set, a step of Adam is the formula's.
  @Test(arguments: numbers)
  func adam(number: Int) {
    let kernels = TrainingKernels.available[number]
    var random = Random(.check, 24)
    let count = 37
    func draw() -> [Float] { (0..<count).map { _ in Float(random.uniform(0, 1)) } }
    var (value, first, second) = (draw(), draw(), draw())
    let (gradient, before) = (draw(), (value, first, second))
    var call = mtl_adam_call()
    (call.count, call.size, call.beta1, call.beta2) = (count, 0.01, 0.9, 0.999)
    (call.epsilon, call.decay) = (1e-7, 0.125)
    value.withUnsafeMutableBufferPointer { w in
      first.withUnsafeMutableBufferPointer { m in
        second.withUnsafeMutableBufferPointer { v in
          gradient.withUnsafeBufferPointer { g in
            (call.value, call.first, call.second) = (w.baseAddress, m.baseAddress, v.baseAddress)
            call.gradient = g.baseAddress
            kernels.adam(&call)
          }
        }
      }
    }
    for i in 0..<count {
      let g = Double(gradient[i])
      let m = 0.9 * Double(before.1[i]) + 0.1 * g
      let v = 0.999 * Double(before.2[i]) + 0.001 * g * g
      let w = Double(before.0[i])
      #expect(abs(Double(first[i]) - m) < 1e-6 && abs(Double(second[i]) - v) < 1e-6)
      let expected = w - 0.01 * m / (v.squareRoot() + 1e-7) - 0.125 * w
      #expect(abs(Double(value[i]) - expected) < 1e-5)
    }
  }
}
