/// Layers and operations on several tensors, or on a tensor and a number.
let kerasMerges: [String: KerasCall.Rule] = [
  "Add": { try $0.merge("Add") },
  "Subtract": { try $0.merge("Sub") },
  "Multiply": { try $0.merge("Mul") },
  "Divide": { try $0.merge("Div") },
  "TrueDivide": { try $0.merge("Div") },
  "Maximum": { try $0.merge("Max") },
  "Minimum": { try $0.merge("Min") },
  "Average": { call in
    let inputs = call.tensors.map { $0.name }
    return KerasTensor(name: call.node("Mean", inputs), rank: call.x.rank)
  },
  // Inception-ResNet: `a + b * scale`.
  "CustomScaleLayer": { call in
    guard call.tensors.count == 2 else { throw ImportError("it has not two inputs") }
    let scale = call.constant(call.number("scale", 1))
    let product = call.node("Mul", [call.tensors[1].name, scale])
    return call.same(call.node("Add", [call.x.name, product]))
  },
  "Concatenate": { call in
    let axis = Int64(call.config["axis"]?.integer ?? -1)
    let inputs = call.tensors.map { $0.name }
    return call.same(call.node("Concat", inputs, ["axis": .integer(axis)]))
  },
  // Keras 2: `x + 3.0` and the like.
  "TFOpLambda": { call in
    let operators = [
      "__operators__.add": "Add", "math.add": "Add", "math.subtract": "Sub",
      "math.multiply": "Mul", "math.truediv": "Div", "math.divide": "Div",
    ]
    let function = call.config["function"]?.text ?? ""
    guard let op = operators[function] else {
      throw ImportError("function '\(function)' is not supported")
    }
    return try call.merge(op)
  },
]

extension KerasCall {
  /// An operator on everything that the layer is called with, one after the other.
  fileprivate func merge(_ op: String) throws -> KerasTensor {
    var inputs = arguments.map { argument in
      switch argument {
      case .tensor(let tensor): tensor.name
      case .number(let number): constant(number)
      }
    }
    if let number = named["y"]?.number { inputs.append(constant(number)) }
    guard inputs.count >= 2 else { throw ImportError("it has one input") }
    let rank = tensors.map { $0.rank }.max()!
    let result = inputs.dropFirst().reduce(inputs[0]) { node(op, [$0, $1]) }
    return KerasTensor(name: result, rank: rank)
  }
}
