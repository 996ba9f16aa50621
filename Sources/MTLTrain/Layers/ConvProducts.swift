import CMTL
import MTLFormat

/// The three products of a 3x3 convolution by the kernels of training: results, gradient by the
/// input, gradient by the weights; `prepare` comes first.
final class ConvProducts {
  /// What is seen of an input, by channel: scale * x + shift.
  struct Affine {
    let scale: [Float], shift: [Float]
  }

  private let input: Shape
  private let filters: Int
  private var packed: FloatBuffer!
  private var flipped: FloatBuffer!
  private var slices: FloatBuffer!
  private var partSums: [Double] = []

  init(input: Shape, filters: Int) {
    self.input = input
    self.filters = filters
  }

  private func shape(_ batch: Int, isFlipped: Bool = false) -> mtl_conv_shape {
    mtl_conv_shape(
      batch: batch, height: input.height, width: input.width,
      channels: isFlipped ? filters : input.channels,
      filters: isFlipped ? input.channels : filters)
  }

  private func plan(_ shape: mtl_conv_shape, _ workers: Workers) -> mtl_conv_plan {
    var plan = mtl_conv_plan()
    withUnsafePointer(to: shape) { workers.kernels.conv_plan($0, &plan) }
    return plan
  }

  func prepare(capacity: Int, workers: Workers) throws(Status) {
    // How a batch is cut does not grow with it step by step: each size has its own plan.
    var (slice, sums) = (0, 0)
    for batch in 1...max(1, capacity) {
      let own = plan(shape(batch), workers)
      let back = plan(shape(batch, isFlipped: true), workers)
      slice = max(slice, own.slices * own.slice)
      sums = max(sums, own.parts * 2 * filters, back.parts * 2 * input.channels)
      try workers.reserve(max(own.local, back.local))
    }
    packed = try FloatBuffer(count: plan(shape(1), workers).packed)
    flipped = try FloatBuffer(count: plan(shape(1, isFlipped: true), workers).packed)
    slices = try FloatBuffer(count: slice)
    partSums = [Double](repeating: 0, count: sums)
  }

  /// `output` = what weights and bias make of `input`; with `wantsSums` also the sums of
  /// the results and of their squares, by filter.
  func forward(
    _ input: Floats, _ affine: Affine?, _ weights: Floats, _ bias: Floats, hasReLU: Bool,
    into output: MutableFloats, wantsSums: Bool, _ pass: Pass
  ) -> ChannelSums.Totals? {
    let area = 9 * self.input.channels
    pack(
      mtl_conv_pack(
        shape: shape(pass.batch), source: weights, filter_step: area,
        tap_step: self.input.channels, channel_step: 1, packed: packed.base, local: nil), pass)
    return run(
      mtl_conv_call(
        shape: shape(pass.batch), input: input, packed: packed.base, scale: nil, shift: nil,
        bias: bias, has_relu: hasReLU ? 1 : 0, output: output, sums: nil, other: nil, local: nil),
      affine, wantsSums: wantsSums, pass)
  }

  /// The gradient by the input: a convolution with the weights turned by 180 degrees. With `other`,
  /// which has the input's shape, also the sums of the gradient and of its products with it.
  func inputGradient(
    of gradient: Floats, _ weights: Floats, into result: MutableFloats, other: Floats?,
    _ pass: Pass
  ) -> ChannelSums.Totals? {
    let channels = input.channels
    let shape = shape(pass.batch, isFlipped: true)
    pack(
      mtl_conv_pack(
        shape: shape, source: weights + 8 * channels, filter_step: 1, tap_step: -channels,
        channel_step: 9 * channels, packed: flipped.base, local: nil), pass)
    return run(
      mtl_conv_call(
        shape: shape, input: gradient, packed: flipped.base, scale: nil, shift: nil, bias: nil,
        has_relu: 0, output: result, sums: nil, other: other, local: nil),
      nil, wantsSums: other != nil, pass)
  }

  private func pack(_ call: mtl_conv_pack, _ pass: Pass) {
    let workers = pass.workers
    workers.forEach(plan(call.shape, workers).pack_parts) { part, thread in
      var call = call
      call.local = workers.scratch(thread)
      workers.kernels.conv_pack(&call, part)
    }
  }

  private func run(
    _ call: mtl_conv_call, _ affine: Affine?, wantsSums: Bool, _ pass: Pass
  ) -> ChannelSums.Totals? {
    let (workers, filters) = (pass.workers, Int(call.shape.filters))
    let parts = plan(call.shape, workers).parts
    affine.withPointers { scale, shift in
      partSums.withUnsafeMutableBufferPointer { sums in
        let sums = wantsSums ? sums.baseAddress : nil
        workers.forEach(parts) { part, thread in
          var call = call
          (call.scale, call.shift, call.sums) = (scale, shift, sums)
          call.local = workers.scratch(thread)
          workers.kernels.conv_run(&call, part)
        }
      }
    }
    if !wantsSums { return nil }
    var totals = ChannelSums.Totals(channels: filters)
    for part in 0..<parts {
      for filter in 0..<filters {
        totals.first[filter] += partSums[(part * 2) * filters + filter]
        totals.second[filter] += partSums[(part * 2 + 1) * filters + filter]
      }
    }
    return totals
  }

  /// A gradient by the results, and what it has to go through before, if anything: the factors of
  /// the normalisation behind, and the results.
  struct Gradient {
    let base: Floats
    var norm: (factors: BatchNorm.GradientFactors, values: Floats)?
  }

  /// The gradients by weights and bias.
  func weightGradient(
    _ input: Floats, _ affine: Affine?, _ gradient: Gradient, weights: MutableFloats,
    bias: MutableFloats, _ pass: Pass
  ) {
    affine.withPointers { scale, shift in
      var call = mtl_conv_gradient()
      (call.shape, call.input, call.scale, call.shift) = (shape(pass.batch), input, scale, shift)
      (call.gradient, call.sums) = (gradient.base, slices.base)
      (call.weights, call.bias) = (weights, bias)
      guard let norm = gradient.norm else { return run(call, pass) }
      norm.factors.withPointers { a, b, c in
        (call.values, call.a, call.b, call.c) = (norm.values, a, b, c)
        run(call, pass)
      }
    }
  }

  private func run(_ call: mtl_conv_gradient, _ pass: Pass) {
    let workers = pass.workers
    let plan = plan(call.shape, workers)
    workers.forEach(plan.slices) { part, thread in
      var call = call
      call.local = workers.scratch(thread)
      workers.kernels.conv_gradient(&call, part)
    }
    workers.forEach(plan.gather_parts) { part, thread in
      var call = call
      call.local = workers.scratch(thread)
      workers.kernels.conv_gather(&call, part)
    }
  }
}

extension ConvProducts.Affine? {
  func withPointers(_ body: (_ scale: Floats?, _ shift: Floats?) -> Void) {
    guard let affine = self else { return body(nil, nil) }
    affine.scale.withUnsafeBufferPointer { scale in
      affine.shift.withUnsafeBufferPointer { body(scale.baseAddress, $0.baseAddress) }
    }
  }
}
