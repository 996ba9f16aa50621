/// Functions of each element, by layers and by name.
let kerasActivations: [String: KerasCall.Rule] = [
  // What it names follows every layer.
  "Activation": { $0.x },
  "ReLU": { call in
    let slope = call.config["negative_slope"]?.number ?? call.number("alpha", 0)
    guard call.number("threshold", 0) == 0 else { throw ImportError("a threshold") }
    let most = call.config["max_value"]?.number
    if slope != 0 {
      guard most == nil else { throw ImportError("a slope and a largest value") }
      return call.same(call.node("LeakyRelu", [call.x.name], ["alpha": .float(Float(slope))]))
    }
    guard let most else { return call.same(call.node("Relu", [call.x.name])) }
    return call.same(
      call.node("Clip", [call.x.name, call.constant(0), call.constant(most)]))
  },
  "LeakyReLU": { call in
    let slope = call.config["negative_slope"]?.number ?? call.number("alpha", 0.3)
    return call.same(call.node("LeakyRelu", [call.x.name], ["alpha": .float(Float(slope))]))
  },
  "ELU": { call in
    let alpha = call.number("alpha", 1)
    return call.same(call.node("Elu", [call.x.name], ["alpha": .float(Float(alpha))]))
  },
  "PReLU": { call in
    let slope = try call.weights([["alpha"]])[0]
    return call.same(call.node("PRelu", [call.x.name, call.constant(slope)]))
  },
  "Softmax": { call in
    let axis = Int64(call.config["axis"]?.integer ?? -1)
    return call.same(call.node("Softmax", [call.x.name], ["axis": .integer(axis)]))
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
    "hard_silu": ("HardSwish", [:]), "hard_swish": ("HardSwish", [:]),
    "leaky_relu": ("LeakyRelu", ["alpha": .float(0.2)]),
    "softmax": ("Softmax", ["axis": .integer(-1)]),
    "log_softmax": ("LogSoftmax", ["axis": .integer(-1)]),
    "hard_sigmoid": ("HardSigmoid", ["alpha": .float(1.0 / 6), "beta": .float(0.5)]),
  ]
}

extension KerasCall {
  /// The result of the activation that `value` names.
  func activation(_ value: JSONValue, _ tensor: KerasTensor) throws -> String {
    let named = value.text ?? value["config"]?.text ?? value["class_name"]?.text ?? ""
    if named == "linear" { return tensor.name }
    if named == "relu6" {
      return node("Clip", [tensor.name, constant(0), constant(6)])
    }
    guard let plain = plainActivations[named] else {
      throw ImportError("activation '\(named)' is not supported")
    }
    return node(plain.op, [tensor.name], plain.attributes)
  }
}
