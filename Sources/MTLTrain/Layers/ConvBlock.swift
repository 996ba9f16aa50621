import CMTL
import MTLFormat

/// One or more times a 3x3 convolution, ReLU and batch normalisation, and a max pool, as one layer.
///
/// It computes what its layers compute one after the other, and keeps their parameters, but passes
/// over memory less often: what a normalisation makes of its input is never stored, as the next
/// convolution or the pool does that on its way; sums over pixels are made where the pixels are.
public final class ConvBlock: Layer {
  struct Unit {
    let conv: Conv2D
    let norm: BatchNorm
  }

  public let name: String
  public let inputShape: Shape
  public let outputShape: Shape
  public let parameters: [Parameter]
  private let units: [Unit]
  private let pool: MaxPool?

  /// Results of each convolution after its ReLU.
  private var values: [FloatBuffer] = []
  private var gradients: [FloatBuffer] = []
  /// Of the pool's results: the inputs they were made of, and which pixels of their windows.
  private var sources: FloatBuffer!
  private var places: [UInt8] = []
  private var sums = ChannelSums(channels: 0, capacity: 0)
  /// What each normalisation makes of its input.
  private var affines: [ConvProducts.Affine] = []

  init(_ units: [Unit], pool: MaxPool?) {
    self.units = units
    self.pool = pool
    let last = units[units.count - 1].conv
    name = units[0].conv.name
    inputShape = units[0].conv.inputShape
    outputShape = pool?.outputShape ?? last.outputShape
    parameters = units.flatMap { $0.conv.parameters + $0.norm.parameters }
  }

  private var last: Unit { units[units.count - 1] }

  public func prepare(capacity: Int, workers: Workers) throws {
    for unit in units { try unit.conv.products!.prepare(capacity: capacity, workers: workers) }
    let sizes = units.map { capacity * $0.conv.outputShape.count }
    values = try sizes.map { size throws(Status) in try FloatBuffer(count: size) }
    let largest = sizes.max() ?? 0
    gradients = [try FloatBuffer(count: largest), try FloatBuffer(count: largest)]
    let pooled = pool == nil ? 0 : capacity * outputShape.count
    sources = try FloatBuffer(count: pooled)
    places = [UInt8](repeating: 0, count: pooled)
    sums = ChannelSums(channels: outputShape.channels, capacity: capacity)
  }

  public func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass) {
    affines = []
    for (index, unit) in units.enumerated() {
      let totals = unit.conv.products!.forward(
        index == 0 ? input : Floats(values[index - 1].base), affines.last,
        unit.conv.weights.value.base, unit.conv.bias.value.base, hasReLU: true,
        into: values[index].base, wantsSums: pass.isTraining, pass)
      if let totals {
        unit.norm.measured(totals, count: pass.batch * unit.norm.inputShape.pixels)
      }
      affines.append(unit.norm.affine(isTraining: pass.isTraining))
    }
    guard let pool else {
      last.norm.transform(values[units.count - 1].base, output, affines[units.count - 1], pass)
      return
    }
    let source = Floats(values[units.count - 1].base)
    let shape = pool.inputShape
    affines.last.withPointers { scale, shift in
      places.withUnsafeMutableBufferPointer { places in
        let places = places.baseAddress!
        pass.workers.forEach(pass.batch) { image, _ in
          let first = image * outputShape.count
          var call = mtl_pool_call(
            height: shape.height, width: shape.width, channels: shape.channels, size: pool.size,
            input: source + image * shape.count, scale: scale, shift: shift,
            output: output + first, sources: sources.base + first, places: places + first)
          pass.workers.kernels.pool_run(&call)
        }
      }
    }
  }

  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {
    var current = outputGradient
    var next = 0
    if pool == nil {
      let totals = outputTotals(
        Floats(outputGradient), Floats(values[units.count - 1].base), pass)
      normGradient(units.count - 1, current, totals, pass)
    } else {
      current = gradients[0].base
      poolGradient(Floats(outputGradient), into: current, pass)
      next = 1
    }
    // What a gradient that is used once has still to go through.
    var norm: (factors: BatchNorm.GradientFactors, values: Floats)?
    for index in units.indices.reversed() {
      let conv = units[index].conv
      conv.products!.weightGradient(
        index == 0 ? input : Floats(values[index - 1].base),
        index == 0 ? nil : affines[index - 1], ConvProducts.Gradient(base: current, norm: norm),
        weights: conv.weights.gradient.base, bias: conv.bias.gradient.base, pass)
      guard let target = index == 0 ? inputGradient : gradients[next].base else { return }
      let totals = conv.products!.inputGradient(
        of: current, conv.weights.value.base, into: target,
        other: index == 0 ? nil : Floats(values[index - 1].base), pass)
      if let totals, index == 1, inputGradient == nil {
        norm = (factors(0, totals, pass), Floats(values[0].base))
      } else if let totals {
        normGradient(index - 1, target, totals, pass)
      }
      current = target
      next = 1 - next
    }
  }

  /// In place: from the gradient by the results of normalisation `index` to that by the results of
  /// its convolution.
  private func normGradient(
    _ index: Int, _ gradient: MutableFloats, _ totals: ChannelSums.Totals, _ pass: Pass
  ) {
    let shape = units[index].norm.inputShape
    factors(index, totals, pass).withPointers { a, b, c in
      pass.workers.forEach(pass.batch) { image, _ in
        pass.workers.kernels.norm_gradient(
          gradient + image * shape.count, values[index].base + image * shape.count, a, b, c,
          shape.pixels, shape.channels)
      }
    }
  }

  private func factors(
    _ index: Int, _ totals: ChannelSums.Totals, _ pass: Pass
  ) -> BatchNorm.GradientFactors {
    let norm = units[index].norm
    return norm.gradientFactors(totals, count: pass.batch * norm.inputShape.pixels)
  }

  /// Sums over the gradients that reach the last normalisation, and their products with the inputs
  /// that its results were made of.
  private func outputTotals(
    _ gradient: Floats, _ values: Floats, _ pass: Pass
  ) -> ChannelSums.Totals {
    let size = outputShape.count
    return sums.total(pass) { image, first, second in
      ChannelSums.addProducts(
        gradient + image * size, values + image * size, pixels: outputShape.pixels,
        channels: outputShape.channels, first, second)
    }
  }

  private func poolGradient(
    _ pooled: Floats, into gradient: MutableFloats, _ pass: Pass
  ) {
    guard let pool else { return }
    let shape = pool.inputShape
    let values = Floats(values[units.count - 1].base)
    places.withUnsafeBufferPointer { places in
      let places = places.baseAddress!
      // Only the pixels that were the greatest of their windows have a gradient.
      let totals = outputTotals(pooled, Floats(sources.base), pass)
      let factors = factors(units.count - 1, totals, pass)
      factors.withPointers { a, b, c in
        pass.workers.forEach(pass.batch) { image, _ in
          let first = image * outputShape.count
          var call = mtl_pool_gradient(
            height: shape.height, width: shape.width, channels: shape.channels, size: pool.size,
            input: values + image * shape.count, pooled: pooled + first, places: places + first,
            a: a, b: b, c: c, gradient: gradient + image * shape.count)
          pass.workers.kernels.pool_gradient(&call)
        }
      }
    }
  }
}

extension ConvBlock {
  /// The layers, with each run of them that a block can stand for in its place.
  public static func fused(_ layers: [any Layer]) -> [any Layer] {
    var result: [any Layer] = []
    var units: [Unit] = []
    var next = 0
    func close(_ pool: MaxPool?) {
      if !units.isEmpty { result.append(ConvBlock(units, pool: pool)) }
      units = []
    }
    while next < layers.count {
      if next + 2 < layers.count, let conv = layers[next] as? Conv2D, conv.products != nil,
        layers[next + 1] is ReLU, let norm = layers[next + 2] as? BatchNorm
      {
        units.append(Unit(conv: conv, norm: norm))
        next += 3
      } else if let pool = layers[next] as? MaxPool, !units.isEmpty {
        close(pool)
        next += 1
      } else {
        close(nil)
        result.append(layers[next])
        next += 1
      }
    }
    close(nil)
    return result
  }
}
