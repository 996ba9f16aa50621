import MTLFormat

/// Convolution with a square window of odd size, stride 1, and zeros around the image so that
/// output and input have the same height and width ("same" padding).
///
/// Weights `(filters, size, size, channels)` start as Glorot's, the bias `(filters)` as zero. Those
/// of size 3 have kernels of their own. For others each product is one of matrices, over windows
/// laid out as rows a few image rows at a time, so that they stay in the cache; the weight gradient
/// lays them out anew rather than keep them all.
public final class Conv2D: Layer {
  public let name: String
  public let inputShape: Shape
  public let outputShape: Shape
  public let size: Int
  public let weights: Parameter
  public let bias: Parameter
  public var parameters: [Parameter] { [weights, bias] }

  private var scratch: [FloatBuffer] = []
  private var partial: [FloatBuffer] = []
  private let flipped: FloatBuffer
  /// For size 3.
  let products: ConvProducts?

  /// Floats of windows that are laid out at a time: forward and input gradient; weight gradient,
  /// where longer sums mean fewer passes over the result.
  private static let tile = (forward: 96 << 10, weights: 192 << 10)
  /// Parts into which a batch is cut for the sum over its images.
  private static let slices = 8

  public init(
    name: String, inputShape: Shape, filters: Int, size: Int, random: inout Random
  ) throws(Status) {
    self.name = name
    self.inputShape = inputShape
    self.size = size
    outputShape = Shape(height: inputShape.height, width: inputShape.width, channels: filters)
    weights = try Parameter(
      name: name + ".weights", dimensions: [filters, size, size, inputShape.channels])
    bias = try Parameter(name: name + ".bias", dimensions: [filters])
    flipped = try FloatBuffer(count: size == 3 ? 0 : weights.count)
    products = size == 3 ? ConvProducts(input: inputShape, filters: filters) : nil
    let area = size * size
    weights.fillGlorotUniform(
      fanIn: area * inputShape.channels, fanOut: area * filters, &random)
  }

  private var filters: Int { outputShape.channels }

  private func columns(channels: Int) -> Columns {
    Columns(height: inputShape.height, width: inputShape.width, channels: channels, size: size)
  }

  public func prepare(capacity: Int, workers: Workers) throws {
    if let products { return try products.prepare(capacity: capacity, workers: workers) }
    let line = inputShape.width * size * size * max(inputShape.channels, filters)
    scratch = try (0..<workers.threads).map { _ in
      try FloatBuffer(count: max(Self.tile.forward, Self.tile.weights, line))
    }
    partial = try (0..<Self.slices).map { _ in
      try FloatBuffer(count: weights.count + filters)
    }
  }

  public func forward(_ input: Floats, _ output: MutableFloats, _ pass: Pass) {
    if let products {
      _ = products.forward(
        input, nil, weights.value.base, bias.value.base, hasReLU: false, into: output,
        wantsSums: false, pass)
      return
    }
    let columns = columns(channels: inputShape.channels)
    pass.workers.forEach(pass.batch) { image, thread in
      let target = output + image * outputShape.count
      for pixel in 0..<outputShape.pixels {
        (target + pixel * filters).update(from: bias.value.base, count: filters)
      }
      convolve(
        input + image * inputShape.count, columns, with: weights.value.base, filters: filters,
        into: target, isSum: true, thread: thread)
    }
  }

  /// One image: `target (pixels, filters)` from `image`, whose windows `columns` describes.
  private func convolve(
    _ image: Floats, _ columns: Columns, with weights: MutableFloats, filters: Int,
    into target: MutableFloats, isSum: Bool, thread: Int
  ) {
    let step = columns.rows(within: Self.tile.forward)
    for start in stride(from: 0, to: columns.height, by: step) {
      let rows = start..<min(columns.height, start + step)
      let memory = scratch[thread].base
      columns.fill(memory, from: image, rows: rows)
      multiply(
        Matrix(memory, stride: columns.depth),
        Matrix(weights, stride: columns.depth, isTransposed: true),
        rows: rows.count * columns.width, columns: filters, depth: columns.depth,
        into: target + start * columns.width * filters, stride: filters, isSum: isSum)
    }
  }

  public func backward(
    input: Floats, output: Floats, outputGradient: MutableFloats, inputGradient: MutableFloats?,
    _ pass: Pass
  ) {
    if let products {
      products.weightGradient(
        input, nil, ConvProducts.Gradient(base: outputGradient), weights: weights.gradient.base,
        bias: bias.gradient.base, pass)
      guard let inputGradient else { return }
      _ = products.inputGradient(
        of: outputGradient, weights.value.base, into: inputGradient, other: nil, pass)
      return
    }
    weightGradient(input, Floats(outputGradient), pass)
    guard let inputGradient else { return }
    // The gradient of a convolution is a convolution with the weights turned by 180 degrees.
    flipWeights()
    let columns = columns(channels: filters)
    pass.workers.forEach(pass.batch) { image, thread in
      convolve(
        outputGradient + image * outputShape.count, columns, with: flipped.base,
        filters: inputShape.channels, into: inputGradient + image * inputShape.count, isSum: false,
        thread: thread)
    }
  }

  /// `(filters, size, size, channels)` to `(channels, size, size, filters)`, turned.
  private func flipWeights() {
    let channels = inputShape.channels
    let area = size * size
    for filter in 0..<filters {
      for place in 0..<area {
        for channel in 0..<channels {
          flipped.base[(channel * area + area - 1 - place) * filters + filter] =
            weights.value.base[(filter * area + place) * channels + channel]
        }
      }
    }
  }

  /// Sums over each slice of the batch by itself, and then over the slices in order.
  private func weightGradient(_ input: Floats, _ gradient: Floats, _ pass: Pass) {
    pass.workers.forEach(Self.slices) { slice, thread in
      let sums = partial[slice]
      sums.zero()
      let first = slice * pass.batch / Self.slices
      let last = (slice + 1) * pass.batch / Self.slices
      for image in first..<last {
        addGradient(
          of: input + image * inputShape.count, gradient + image * outputShape.count, to: sums.base,
          thread: thread)
      }
    }
    pass.workers.forEachRange(of: weights.count, size: 1 << 14) { range, _ in
      sum(range, into: weights.gradient.base, offset: 0)
    }
    sum(0..<filters, into: bias.gradient.base, offset: weights.count)
  }

  private func sum(_ range: Range<Int>, into target: MutableFloats, offset: Int) {
    (target + range.lowerBound).update(
      from: partial[0].base + offset + range.lowerBound, count: range.count)
    for slice in partial.dropFirst() {
      let source = slice.base + offset
      for i in range { target[i] += source[i] }
    }
  }

  /// Adds one image's part: weights first in `sums`, then the bias.
  private func addGradient(
    of image: Floats, _ gradient: Floats, to sums: MutableFloats, thread: Int
  ) {
    let columns = columns(channels: inputShape.channels)
    let step = columns.rows(within: Self.tile.weights)
    for start in stride(from: 0, to: columns.height, by: step) {
      let rows = start..<min(columns.height, start + step)
      let memory = scratch[thread].base
      columns.fill(memory, from: image, rows: rows)
      let part = gradient + start * columns.width * filters
      multiply(
        Matrix(part, stride: filters, isTransposed: true), Matrix(memory, stride: columns.depth),
        rows: filters, columns: columns.depth, depth: rows.count * columns.width, into: sums,
        stride: columns.depth, isSum: true)
    }
    let biasSums = sums + weights.count
    for pixel in 0..<outputShape.pixels {
      let row = gradient + pixel * filters
      for filter in 0..<filters { biasSums[filter] += row[filter] }
    }
  }
}
