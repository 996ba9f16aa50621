/// Functions of each element, by layers.
let kerasActivations: [String: KerasRule] = [
  // What it names follows every layer.
  "Activation": KerasRule { call in
    guard call.settings.has("activation") else { throw ImportError("activation is absent") }
    return call.x
  },
  "ReLU": KerasRule { call in
    let settings = call.settings
    let slope = try settings.number("negative_slope") ?? settings.number("alpha") ?? 0
    let threshold = try settings.number("threshold") ?? 0
    let most = try settings.number("max_value")
    return call.rectified(call.x, slope: slope, most: most, threshold: threshold)
  },
  "ThresholdedReLU": KerasRule { call in
    let theta = SourceAttribute.float(Float(try call.settings.number("theta", 1)))
    return call.same(call.node("ThresholdedRelu", [call.x.name], ["alpha": theta]))
  },
  "LeakyReLU": KerasRule { call in
    let slope =
      try call.settings.number("negative_slope") ?? call.settings.number("alpha") ?? 0.3
    return call.same(call.node("LeakyRelu", [call.x.name], ["alpha": .float(Float(slope))]))
  },
  "ELU": KerasRule { call in
    let alpha = try call.settings.number("alpha") ?? 1
    return call.same(call.node("Elu", [call.x.name], ["alpha": .float(Float(alpha))]))
  },
  "PReLU": KerasRule(weights: { _ in [KerasWeight("alpha")] }) { call in
    // Its weights have dimensions of 1 there.
    call.settings.ignore("shared_axes")
    return call.same(call.node("PRelu", [call.x.name, call.constant(call.weights[0])]))
  },
  "Softmax": KerasRule { call in
    let axes = try call.settings.axes("axis", -1, rank: call.x.rank)
    return try call.softmax(call.x, axes)
  },
]

/// Names of activations and the operator that each is.
private typealias PlainActivation = (op: String, attributes: [String: SourceAttribute])
private var plainActivations: [String: PlainActivation] {
  [
    "relu": ("Relu", [:]), "sigmoid": ("Sigmoid", [:]), "tanh": ("Tanh", [:]),
    "elu": ("Elu", [:]), "selu": ("Selu", [:]), "softplus": ("Softplus", [:]),
    "softsign": ("Softsign", [:]), "exponential": ("Exp", [:]), "swish": ("Swish", [:]),
    "silu": ("Swish", [:]), "gelu": ("Gelu", [:]), "mish": ("Mish", [:]),
    "celu": ("Celu", [:]), "hard_silu": ("HardSwish", [:]), "hard_swish": ("HardSwish", [:]),
    "leaky_relu": ("LeakyRelu", ["alpha": .float(0.2)]),
    "hard_shrink": ("Shrink", ["bias": .float(0), "lambd": .float(0.5)]),
    "soft_shrink": ("Shrink", ["bias": .float(0.5), "lambd": .float(0.5)]),
    "log_softmax": ("LogSoftmax", ["axis": .integer(-1)]),
  ]
}

extension KerasCall {
  /// The result of the activation that `value` names: a function, or a layer without weights.
  func activation(_ value: JSONValue, _ tensor: KerasTensor) throws -> KerasTensor {
    if let name = value.text { return try activation(named: name, tensor) }
    guard let kind = value["class_name"]?.text else {
      throw ImportError("activation is \(value.shortText)")
    }
    if kind == "function", let name = value["config"]?.text ?? value["config"]?["name"]?.text {
      return try activation(named: name, tensor)
    }
    guard let rule = kerasActivations[kind] else {
      // Keras 2 writes functions of other packages so.
      guard value["config"] == nil || value["config"]!.isNull else {
        throw ImportError("activation \(value.shortText) is not supported")
      }
      return try activation(named: kind, tensor)
    }
    let settings = KerasSettings(value["config"] ?? .null)
    guard try rule.weights(settings).isEmpty else {
      throw ImportError("activation \(kind) has weights: as a layer of its own it is supported")
    }
    let call = inner(settings: settings, [tensor])
    let result = try call.activated(rule.make(call))
    guard settings.unasked.isEmpty else {
      throw ImportError("activation \(kind): not understood: \(settings.unasked)")
    }
    return result
  }

  private func activation(named name: String, _ tensor: KerasTensor) throws -> KerasTensor {
    func mapped(_ name: String) -> KerasTensor {
      KerasTensor(name: name, rank: tensor.rank, shape: tensor.shape)
    }
    switch name {
    case "linear": return tensor
    case "relu6": return rectified(tensor, slope: 0, most: 6, threshold: 0)
    case "softmax", "softmax_v2": return try softmax(tensor, [tensor.rank - 1])
    case "hard_sigmoid":
      // Keras 2: 0.2 x + 0.5; Keras 3: x / 6 + 0.5.
      let slope: Float = try version.isThree(for: "activation 'hard_sigmoid'") ? 1.0 / 6 : 0.2
      return mapped(
        node("HardSigmoid", [tensor.name], ["alpha": .float(slope), "beta": .float(0.5)]))
    case "hard_tanh":
      return mapped(node("Clip", [tensor.name, constant(-1), constant(1)]))
    case "tanh_shrink":
      return mapped(node("Sub", [tensor.name, node("Tanh", [tensor.name])]))
    case "log_sigmoid":
      let turned = node("Softplus", [node("Neg", [tensor.name])])
      return mapped(node("Neg", [turned]))
    default:
      guard let plain = plainActivations[name] else {
        throw ImportError("activation '\(name)' is not supported")
      }
      return mapped(node(plain.op, [tensor.name], plain.attributes))
    }
  }

  /// x from the threshold on, at most `most`; below, what it lacks times `slope`.
  func rectified(
    _ x: KerasTensor, slope: Double, most: Double?, threshold: Double
  ) -> KerasTensor {
    var result: String
    if threshold != 0 {
      let isBelow = node("Less", [x.name, constant(threshold)])
      let lack = node("Sub", [x.name, constant(threshold)])
      result = node(
        "Where", [isBelow, node("Mul", [lack, constant(slope)]), x.name])
    } else if slope != 0 {
      result = node("LeakyRelu", [x.name], ["alpha": .float(Float(slope))])
    } else if let most {
      result = node("Clip", [x.name, constant(0), constant(most)])
    } else {
      result = node("Relu", [x.name])
    }
    if let most, threshold != 0 || slope != 0 {
      result = node("Min", [result, constant(most)])
    }
    return KerasTensor(name: result, rank: x.rank, shape: x.shape)
  }

  /// Over one axis, or over several that follow one another as over one.
  func softmax(_ x: KerasTensor, _ axes: [Int]) throws -> KerasTensor {
    func result(_ name: String) -> KerasTensor {
      KerasTensor(name: name, rank: x.rank, shape: x.shape)
    }
    guard x.rank > 1, axes.first != 0 else { throw ImportError("softmax over the images") }
    if axes.count == 1 {
      return result(node("Softmax", [x.name], ["axis": .integer(Int64(axes[0]))]))
    }
    let most = reduced("ReduceMax", x.name, axes)
    let powers = node("Exp", [node("Sub", [x.name, most])])
    return result(node("Div", [powers, reduced("ReduceSum", powers, axes)]))
  }
}
