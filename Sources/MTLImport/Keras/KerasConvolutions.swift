/// Convolutions and dense layers.
let kerasConvolutions: [String: KerasRule] = [
  "Conv2D": KerasRule(weights: { try withBias($0, [KerasWeight("kernel")]) }) { call in
    try call.count("filters", call.weights[0], axis: 3)
    return try call.convolution(call.weights[0], bias: call.weights.dropFirst().first)
  },
  "DepthwiseConv2D": KerasRule(
    weights: { try withBias($0, [KerasWeight("depthwise_kernel", "kernel")]) }
  ) { call in
    call.settings.ignore("filters", "rank")
    guard try call.settings.integer("groups", 1) == 1 else { throw ImportError("groups") }
    return try call.depthwise(call.weights[0], bias: call.weights.dropFirst().first)
  },
  "SeparableConv2D": KerasRule(
    weights: {
      try withBias($0, [KerasWeight("depthwise_kernel"), KerasWeight("pointwise_kernel")])
    }
  ) { call in
    guard try call.settings.integer("groups", 1) == 1 else { throw ImportError("groups") }
    try call.count("filters", call.weights[1], axis: 3)
    call.settings.ignore("rank")
    let inner = try call.depthwise(call.weights[0], bias: nil)
    let point = try call.laid(call.weights[1], [3, 2, 0, 1])
    let bias = call.weights.dropFirst(2).map { call.constant($0) }
    return try call.inner([inner]).image { call.node("Conv", [$0, call.constant(point)] + bias) }
  },
  "Conv2DTranspose": KerasRule(weights: { try withBias($0, [KerasWeight("kernel")]) }) { call in
    try call.count("filters", call.weights[0], axis: 2)
    guard try call.settings.integer("groups", 1) == 1 else { throw ImportError("groups") }
    let weights = try call.laid(call.weights[0], [3, 2, 0, 1])
    let attributes = try call.transposition(kernel: Array(weights.shape[2...]))
    return try call.image { x in
      let inputs = [x, call.constant(weights)] + call.weights.dropFirst().map { call.constant($0) }
      return call.node("ConvTranspose", inputs, attributes)
    }
  },
  "Dense": KerasRule(weights: { try withBias($0, [KerasWeight("kernel")]) }) { call in
    let kernel = call.weights
    guard kernel[0].shape.count == 2 else { throw ImportError("its weights are no matrix") }
    try call.count("units", kernel[0], axis: 1)
    if call.x.rank == 2 {
      let inputs = [call.x.name] + kernel.map { call.constant($0) }
      return call.sameRank(call.node("Gemm", inputs))
    }
    let product = call.node("MatMul", [call.x.name, call.constant(kernel[0])])
    guard kernel.count > 1 else { return call.sameRank(product) }
    return call.sameRank(call.node("Add", [product, call.constant(kernel[1])]))
  },
]

/// With the bias, if the layer has one.
private func withBias(
  _ settings: KerasSettings, _ kernels: [KerasWeight]
) throws -> [KerasWeight] {
  try settings.flag("use_bias", true) ? kernels + [KerasWeight("bias")] : kernels
}

extension KerasCall {
  /// Checks that the setting, if there is one, is the size of the weights' axis.
  fileprivate func count(_ key: String, _ weights: HostTensor, axis: Int) throws {
    let stated = try settings.integer(key)
    guard weights.shape.indices.contains(axis) else {
      throw ImportError("its weights have \(weights.shape.count) axes")
    }
    if let stated, weights.shape[axis] != stated {
      throw ImportError("\(key) is \(stated), its weights in the file are those of another model")
    }
  }

  /// Weights with four axes in another order. Errors: they have not four, or another kernel.
  fileprivate func laid(_ weights: HostTensor, _ order: [Int]) throws -> HostTensor {
    guard weights.shape.count == 4 else { throw ImportError("its weights have not four axes") }
    return weights.transposed(order)
  }

  /// Checks the kernel's height and width.
  private func checkKernel(_ weights: HostTensor) throws {
    if let stated = try settings.pair("kernel_size"), stated != Array(weights.shape.prefix(2)) {
      throw ImportError("kernel_size is \(stated), its weights in the file have another")
    }
  }

  private func windowAttributes() throws -> [String: SourceAttribute] {
    var attributes = try padding()
    let strides = try settings.pair("strides") ?? [1, 1]
    let dilations = try settings.pair("dilation_rate") ?? [1, 1]
    attributes["strides"] = .integers(strides.map { Int64($0) })
    attributes["dilations"] = .integers(dilations.map { Int64($0) })
    return attributes
  }

  /// How ONNX says what Keras takes off the result of a transposed convolution, or adds behind it:
  /// a convolution with the same padding makes the layer's input of its result.
  fileprivate func transposition(kernel: [Int]) throws -> [String: SourceAttribute] {
    try checkKernel(weights[0])
    var attributes = try windowAttributes()
    let isSame = attributes.removeValue(forKey: "auto_pad") != nil
    let strides = try settings.pair("strides") ?? [1, 1]
    let dilations = try settings.pair("dilation_rate") ?? [1, 1]
    let stated = try settings.pair("output_padding")
    guard (strides + dilations).allSatisfy({ (1...(1 << 16)).contains($0) }),
      (stated ?? []).allSatisfy({ (0...(1 << 16)).contains($0) })
    else { throw ImportError("strides \(strides), dilation_rate \(dilations)") }
    var pads = [0, 0, 0, 0]
    var extra = [0, 0]
    for axis in 0..<2 {
      let reach = (kernel[axis] - 1) * dilations[axis] + 1
      // The result ends that far before the end of the last kernel; less than 0 is behind it.
      var cut = isSame ? reach - strides[axis] : min(0, reach - strides[axis])
      if let stated { cut = (isSame ? reach / 2 * 2 : 0) - stated[axis] }
      extra[axis] = max(0, -cut)
      pads[axis] = max(0, cut) / 2
      pads[axis + 2] = max(0, cut) - pads[axis]
    }
    attributes["pads"] = .integers(pads.map { Int64($0) })
    attributes["output_padding"] = .integers(extra.map { Int64($0) })
    return attributes
  }

  /// `kernel` is (height, width, input / groups, output).
  fileprivate func convolution(_ kernel: HostTensor, bias: HostTensor?) throws -> KerasTensor {
    let weights = try laid(kernel, [3, 2, 0, 1])
    try checkKernel(kernel)
    var attributes = try windowAttributes()
    attributes["group"] = .integer(Int64(try settings.integer("groups", 1)))
    return try image { x in
      node("Conv", [x, constant(weights)] + (bias.map { [constant($0)] } ?? []), attributes)
    }
  }

  /// `kernel` is (height, width, input, multiplier).
  fileprivate func depthwise(_ kernel: HostTensor, bias: HostTensor?) throws -> KerasTensor {
    let turned = try laid(kernel, [2, 3, 0, 1])
    try checkKernel(kernel)
    try count("depth_multiplier", kernel, axis: 3)
    let shape = turned.shape
    let weights = turned.reshaped([shape[0] * shape[1], 1, shape[2], shape[3]])
    var attributes = try windowAttributes()
    attributes["group"] = .integer(Int64(shape[0]))
    return try image { x in
      node("Conv", [x, constant(weights)] + (bias.map { [constant($0)] } ?? []), attributes)
    }
  }
}
