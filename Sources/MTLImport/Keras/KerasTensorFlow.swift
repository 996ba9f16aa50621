/// Functions of TensorFlow that models of Keras 2 call by themselves.
let kerasTensorFlow: [String: KerasRule] = [
  "TFOpLambda": KerasRule(takesIntegers: true, function),
  "SlicingOpLambda": KerasRule(takesIntegers: true, function),
  // Before TensorFlow 2.4: an operator of its graphs, with the inputs that are constants.
  "TensorFlowOpLayer": KerasRule(takesIntegers: true) { call in
    let node = try nodeDefinition(call)
    let op = node["op"]?.text ?? ""
    call.settings.ignore("constants", "node_def")
    if op == "StridedSlice" { return try KerasStridedSlice(call, node).result() }
    guard let name = operators[op] else { throw ImportError("operator '\(op)' is not supported") }
    try checkAttributes(node, op)
    return try call.operation(name, inputs(call, node))
  },
]

/// By the name of the function, the class of the operation in Keras 3.
private let functions: [String: String] = [
  "__operators__.add": "Add", "math.add": "Add", "add": "Add", "math.subtract": "Subtract",
  "math.multiply": "Multiply", "math.truediv": "TrueDivide", "math.divide": "TrueDivide",
  "math.pow": "Power", "math.maximum": "Maximum", "math.minimum": "Minimum",
  "math.negative": "Negative", "math.abs": "Abs", "math.exp": "Exp", "math.log": "Log",
  "math.sqrt": "Sqrt", "math.rsqrt": "Rsqrt", "math.square": "Square", "math.tanh": "Tanh",
  "math.sigmoid": "Sigmoid", "math.softplus": "Softplus", "math.sin": "Sin", "math.cos": "Cos",
  "math.floor": "Floor", "math.ceil": "Ceil", "math.erf": "Erf", "math.reciprocal": "Reciprocal",
  "math.sign": "Sign", "math.l2_normalize": "L2Normalize",
  "nn.relu": "Relu", "nn.relu6": "Relu6", "nn.elu": "Elu", "nn.selu": "Selu",
  "nn.silu": "Silu", "nn.swish": "Silu", "nn.leaky_relu": "LeakyRelu", "nn.gelu": "Gelu",
  "nn.softmax": "Softmax", "nn.log_softmax": "LogSoftmax", "nn.bias_add": "BiasAdd",
  "nn.softsign": "Softsign",
  "math.reduce_mean": "Mean", "math.reduce_sum": "Sum", "math.reduce_max": "Max",
  "math.reduce_min": "Min", "math.reduce_prod": "Prod",
  "reshape": "Reshape", "transpose": "Transpose", "expand_dims": "ExpandDims",
  "squeeze": "Squeeze", "compat.v1.squeeze": "Squeeze", "concat": "Concatenate",
  "stack": "Stack", "reverse": "Flip", "clip_by_value": "Clip", "cast": "Cast",
  "identity": "Identity", "stop_gradient": "StopGradient", "convert_to_tensor": "Identity",
  "linalg.matmul": "Matmul", "image.resize": "Resize", "__operators__.getitem": "GetItem",
]

/// The same by the names of operators in TensorFlow's graphs.
private let operators: [String: String] = [
  "Add": "Add", "AddV2": "Add", "Sub": "Subtract", "Mul": "Multiply", "RealDiv": "TrueDivide",
  "Pow": "Power", "Maximum": "Maximum", "Minimum": "Minimum", "Neg": "Negative", "Abs": "Abs",
  "Exp": "Exp", "Log": "Log", "Sqrt": "Sqrt", "Rsqrt": "Rsqrt", "Square": "Square",
  "Tanh": "Tanh", "Sigmoid": "Sigmoid", "Relu": "Relu", "Relu6": "Relu6", "Selu": "Selu",
  "Elu": "Elu", "Softplus": "Softplus", "Softmax": "Softmax", "BiasAdd": "BiasAdd",
  "Reshape": "Reshape", "Transpose": "Transpose", "ExpandDims": "ExpandDims",
  "Mean": "Mean", "Sum": "Sum", "Max": "Max", "Min": "Min", "Identity": "Identity",
]

@Sendable private func function(_ call: KerasCall) throws -> KerasTensor {
  let function = try call.settings.text("function", "")
  guard let name = functions[function] else {
    throw ImportError("function '\(function)' is not supported")
  }
  call.arguments.ignore("name")
  return try call.operation(name, call.arguments)
}

extension KerasCall {
  /// The operation of that name in Keras 3, called with `arguments`.
  fileprivate func operation(_ name: String, _ arguments: KerasArguments) throws -> KerasTensor {
    let rule = KerasOperations.rules[name]!
    if !rule.takesIntegers, tensors.contains(where: { $0.isInteger }) {
      throw ImportError("its input has whole numbers; a cast makes floats of them")
    }
    let call = KerasCall(
      graph: graph, name: self.name, settings: settings, arguments: arguments, tensors: tensors,
      weights: [], version: version, builtShape: builtShape)
    return try rule.make(call)
  }
}

/// As JSON, or as a text that is JSON.
private func nodeDefinition(_ call: KerasCall) throws -> JSONValue {
  guard let value = call.settings.value("node_def") else { throw ImportError("node_def is absent") }
  guard var text = value.text else { return value }
  do {
    return try text.withUTF8 { try JSONValue(UnsafeRawBufferPointer($0)) }
  } catch {
    throw ImportError("its operator is written in a way that is not known")
  }
}

/// The inputs of a node of a graph: tensors in order, where no constant stands.
private func inputs(_ call: KerasCall, _ node: JSONValue) throws -> KerasArguments {
  let count = (node["input"]?.list ?? []).filter { $0.text?.hasPrefix("^") != true }.count
  let constants = call.settings.value("constants")
  var tensors = call.tensors[...]
  var inputs: [KerasArgument] = []
  for place in 0..<max(count, 1) {
    if let constant = constants?["\(place)"] {
      inputs.append(.value(constant))
    } else {
      guard let tensor = tensors.popFirst() else { throw ImportError("input \(place) is absent") }
      inputs.append(.tensor(tensor))
    }
  }
  guard tensors.isEmpty else { throw ImportError("it has more inputs than its operator") }
  var named: [String: KerasArgument] = [:]
  if let keeps = node["attr"]?["keep_dims"]?["b"]?.bool { named["keepdims"] = .value(.bool(keeps)) }
  return KerasArguments(inputs, named: named)
}

/// Errors: an attribute that changes what the operator does.
private func checkAttributes(_ node: JSONValue, _ op: String) throws {
  guard case .object(let attributes)? = node["attr"] else { return }
  let known = [
    "T", "Tidx", "Tshape", "Tperm", "Tdim", "keep_dims", "_cloned", "_output_shapes",
    "_XlaMustCompile",
  ]
  for (name, value) in attributes.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
    let isPlain = name == "data_format" && ["TkhXQw==", "NHWC"].contains(value["s"]?.text ?? "")
    guard isPlain else { throw ImportError("attribute \(name) of \(op) is not understood") }
  }
}
