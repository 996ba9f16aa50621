/// Convolutions and dense layers.
let kerasConvolutions: [String: KerasCall.Rule] = [
  "Conv2D": { call in
    let kernel = try call.weights(call.roles([["kernel"]]))
    return try call.convolution(kernel[0], bias: kernel.count > 1 ? kernel[1] : nil)
  },
  "DepthwiseConv2D": { call in
    let kernel = try call.weights(call.roles([["depthwise_kernel", "kernel"]]))
    return try call.depthwise(kernel[0], bias: kernel.count > 1 ? kernel[1] : nil)
  },
  "SeparableConv2D": { call in
    let kernel = try call.weights(call.roles([["depthwise_kernel"], ["pointwise_kernel"]]))
    let inner = try call.depthwise(kernel[0], bias: nil)
    let point = try call.laid(kernel[1], [3, 2, 0, 1])
    var inputs = [call.transposed(inner.name, [0, 3, 1, 2]), call.constant(point)]
    if kernel.count > 2 { inputs.append(call.constant(kernel[2])) }
    return KerasTensor(name: call.transposed(call.node("Conv", inputs), [0, 2, 3, 1]), rank: 4)
  },
  "Conv2DTranspose": { call in
    try call.checkLayout()
    let kernel = try call.weights(call.roles([["kernel"]]))
    let weights = try call.laid(kernel[0], [3, 2, 0, 1])
    let attributes = try call.transposition(kernel: Array(weights.shape[2...]))
    return call.channelsFirst { x in
      let inputs = [x, call.constant(weights)] + kernel.dropFirst().map { call.constant($0) }
      return call.node("ConvTranspose", inputs, attributes)
    }
  },
  "Dense": { call in
    let kernel = try call.weights(call.roles([["kernel"]]))
    guard kernel[0].shape.count == 2 else { throw ImportError("its weights are no matrix") }
    if call.x.rank == 2 {
      let inputs = [call.x.name] + kernel.map { call.constant($0) }
      return call.same(call.node("Gemm", inputs))
    }
    let product = call.node("MatMul", [call.x.name, call.constant(kernel[0])])
    guard kernel.count > 1 else { return call.same(product) }
    return call.same(call.node("Add", [product, call.constant(kernel[1])]))
  },
]

extension KerasCall {
  /// With the bias, if the layer has one.
  fileprivate func roles(_ kernels: [[String]]) -> [[String]] {
    has("use_bias") ? kernels + [["bias"]] : kernels
  }

  /// Weights with four axes in another order. Errors: they have not four.
  fileprivate func laid(_ weights: HostTensor, _ order: [Int]) throws -> HostTensor {
    guard weights.shape.count == 4 else { throw ImportError("its weights have not four axes") }
    return weights.transposed(order)
  }

  private func windowAttributes() throws -> [String: SourceAttribute] {
    var attributes = try padding()
    attributes["strides"] = .integers(try pair("strides").map { Int64($0) })
    attributes["dilations"] = .integers(try pair("dilation_rate").map { Int64($0) })
    return attributes
  }

  /// How ONNX says what Keras takes off the result of a transposed convolution, or adds behind it:
  /// a convolution with the same padding makes the layer's input of its result.
  fileprivate func transposition(kernel: [Int]) throws -> [String: SourceAttribute] {
    var attributes = try windowAttributes()
    let isSame = attributes.removeValue(forKey: "auto_pad") != nil
    let (strides, dilations) = (try pair("strides"), try pair("dilation_rate"))
    let isStated = !(config["output_padding"]?.isNull ?? true)
    let stated = try pair("output_padding", 0)
    var pads = [0, 0, 0, 0]
    var extra = [0, 0]
    for axis in 0..<2 {
      let reach = (kernel[axis] - 1) * dilations[axis] + 1
      // The result ends that far before the end of the last kernel; less than 0 is behind it.
      var cut = isSame ? reach - strides[axis] : min(0, reach - strides[axis])
      if isStated { cut = (isSame ? reach / 2 * 2 : 0) - stated[axis] }
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
    try checkLayout()
    let weights = try laid(kernel, [3, 2, 0, 1])
    var attributes = try windowAttributes()
    attributes["group"] = .integer(Int64(config["groups"]?.integer ?? 1))
    return channelsFirst { x in
      node("Conv", [x, constant(weights)] + (bias.map { [constant($0)] } ?? []), attributes)
    }
  }

  /// `kernel` is (height, width, input, multiplier).
  fileprivate func depthwise(_ kernel: HostTensor, bias: HostTensor?) throws -> KerasTensor {
    try checkLayout()
    let turned = try laid(kernel, [2, 3, 0, 1])
    let shape = turned.shape
    let weights = turned.reshaped([shape[0] * shape[1], 1, shape[2], shape[3]])
    var attributes = try windowAttributes()
    attributes["group"] = .integer(Int64(shape[0]))
    return channelsFirst { x in
      node("Conv", [x, constant(weights)] + (bias.map { [constant($0)] } ?? []), attributes)
    }
  }
}
