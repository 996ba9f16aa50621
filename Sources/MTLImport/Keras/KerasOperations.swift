/// Operations on tensors that a model calls by itself: `keras.ops` of Keras 3, functions of
/// TensorFlow in Keras 2.
enum KerasOperations {
  /// By the name of the class in Keras 3.
  static let rules: [String: KerasRule] = {
    let families = [
      arithmetic, functions, reductions, shapes, KerasSlicing.rules, images,
    ]
    return families.reduce(into: [:]) { table, family in
      table.merge(family) { _, _ in preconditionFailure("an operation stands in two families") }
    }
  }()

  // MARK: Arithmetic

  private static let arithmetic: [String: KerasRule] = [
    "Add": binary("Add"), "Subtract": binary("Sub"), "Multiply": binary("Mul"),
    "TrueDivide": binary("Div"), "Divide": binary("Div"), "Power": binary("Pow"),
    "Maximum": binary("Max"), "Minimum": binary("Min"), "Matmul": matmul,
    "BiasAdd": KerasRule { call in
      guard try call.dataFormatOption() == "channels_last" else {
        throw ImportError("data_format is channels_first")
      }
      return try combined(call, "Add", call.operand(0, "value"), call.operand(1, "bias"))
    },
  ]

  private static func binary(_ op: String) -> KerasRule {
    KerasRule { call in
      try combined(call, op, call.operand(0, "x1", "x"), call.operand(1, "x2", "y"))
    }
  }

  private static func combined(
    _ call: KerasCall, _ op: String, _ a: KerasTensor, _ b: KerasTensor
  ) throws -> KerasTensor {
    let rank = max(a.rank, b.rank)
    let shape = a.rank == rank && b.rank == 0 ? a.shape : nil
    return KerasTensor(name: call.node(op, [a.name, b.name]), rank: rank, shape: shape)
  }

  private static let matmul = KerasRule { call in
    let (a, b) = (try call.operand(0, "x1", "a"), try call.operand(1, "x2", "b"))
    guard a.rank >= 2, b.rank >= 2 else { throw ImportError("a product of rows") }
    func turned(_ tensor: KerasTensor, _ name: String) throws -> String {
      guard try call.flagOption(.max, false, name) else { return tensor.name }
      let rank = tensor.rank
      return call.transposed(tensor.name, Array(0..<rank - 2) + [rank - 1, rank - 2])
    }
    let names = [try turned(a, "transpose_a"), try turned(b, "transpose_b")]
    return KerasTensor(name: call.node("MatMul", names), rank: max(a.rank, b.rank))
  }

  // MARK: Functions of each element

  private static let functions: [String: KerasRule] = [
    "Negative": unary("Neg"), "Abs": unary("Abs"), "Absolute": unary("Abs"),
    "Exp": unary("Exp"), "Log": unary("Log"), "Sqrt": unary("Sqrt"), "Tanh": unary("Tanh"),
    "Sigmoid": unary("Sigmoid"), "Relu": unary("Relu"), "Silu": unary("Swish"),
    "Softplus": unary("Softplus"), "Softsign": unary("Softsign"), "Selu": unary("Selu"),
    "HardSilu": unary("HardSwish"), "HardSwish": unary("HardSwish"), "Erf": unary("Erf"),
    "Sin": unary("Sin"), "Cos": unary("Cos"), "Floor": unary("Floor"), "Ceil": unary("Ceil"),
    "Reciprocal": unary("Reciprocal"), "Sign": unary("Sign"), "Mish": unary("Mish"),
    "Identity": KerasRule(takesIntegers: true) { try $0.operand(0, "x", "input", "value") },
    "StopGradient": KerasRule(takesIntegers: true) { try $0.operand(0, "variable", "input") },
    "Square": KerasRule { call in
      let x = try call.operand(0, "x")
      return call.same(call.node("Mul", [x.name, x.name]))
    },
    "Rsqrt": KerasRule { call in
      let root = call.node("Sqrt", [try call.operand(0, "x").name])
      return call.same(call.node("Reciprocal", [root]))
    },
    "Relu6": KerasRule { call in
      call.rectified(try call.operand(0, "x", "features"), slope: 0, most: 6, threshold: 0)
    },
    "HardSigmoid": KerasRule { call in
      let x = try call.operand(0, "x")
      return call.same(
        call.node("HardSigmoid", [x.name], ["alpha": .float(1.0 / 6), "beta": .float(0.5)]))
    },
    "LeakyRelu": KerasRule { call in
      let x = try call.operand(0, "x", "features")
      let slope = call.option(1, "negative_slope", "alpha")?.number ?? 0.2
      return call.same(call.node("LeakyRelu", [x.name], ["alpha": .float(Float(slope))]))
    },
    "Elu": KerasRule { call in
      let x = try call.operand(0, "x", "features")
      let alpha = try call.numberOption(1, 1, "alpha")
      return call.same(call.node("Elu", [x.name], ["alpha": .float(Float(alpha))]))
    },
    "Gelu": KerasRule { call in
      let x = try call.operand(0, "x", "features")
      let form = try call.flagOption(1, false, "approximate") ? "tanh" : "none"
      return call.same(
        call.node("Gelu", [x.name], ["approximate": .text(Array(form.utf8))]))
    },
    "Clip": KerasRule { call in
      let x = try call.operand(0, "x", "t")
      let bounds = [
        call.option(1, "x_min", "clip_value_min"), call.option(2, "x_max", "clip_value_max"),
      ]
      let numbers = bounds.compactMap { $0?.number }
      guard numbers.count == 2 else { throw ImportError("its bounds are not two numbers") }
      return call.same(call.node("Clip", [x.name] + numbers.map { call.constant($0) }))
    },
    "Cast": KerasRule(takesIntegers: true) { call in
      let x = try call.operand(0, "x")
      guard let type = call.option(1, "dtype")?.text, KerasDType.isFloat(type) else {
        throw ImportError("a cast to what is no float")
      }
      return KerasTensor(name: x.name, rank: x.rank, shape: x.shape)
    },
    "Softmax": KerasRule { call in
      let x = try call.operand(0, "x", "logits")
      return try call.softmax(x, [call.axisOption(1, -1, rank: x.rank)])
    },
    "LogSoftmax": KerasRule { call in
      let x = try call.operand(0, "x", "logits")
      let axis = try call.axisOption(1, -1, rank: x.rank)
      return call.same(call.node("LogSoftmax", [x.name], ["axis": .integer(Int64(axis))]))
    },
    "L2Normalize": KerasRule { call in
      let x = try call.operand(0, "x")
      let axis = try call.axisOption(1, -1, rank: x.rank)
      let epsilon = try call.numberOption(2, 1e-12, "epsilon")
      return call.same(call.unit(x.name, [axis], epsilon: epsilon))
    },
  ]

  private static func unary(_ op: String) -> KerasRule {
    KerasRule { call in
      let x = try call.operand(0, "x", "features", "input")
      return call.same(call.node(op, [x.name]))
    }
  }

  // MARK: Reductions

  private static let reductions: [String: KerasRule] = [
    "Mean": reduction("ReduceMean"), "Sum": reduction("ReduceSum"), "Max": reduction("ReduceMax"),
    "Min": reduction("ReduceMin"), "Prod": reduction("ReduceProd"),
    "Amax": reduction("ReduceMax"), "Amin": reduction("ReduceMin"),
  ]

  private static func reduction(_ op: String) -> KerasRule {
    KerasRule { call in
      let x = try call.operand(0, "x", "input_tensor", "input")
      guard let list = try call.listOption(1, "axis", "reduction_indices") else {
        throw ImportError("it goes over all axes, the images too")
      }
      guard call.option(3, "initial") == nil else { throw ImportError("initial") }
      let axes = try checkedAxes(list, rank: x.rank)
      let keeps = try call.flagOption(2, false, "keepdims", "keep_dims")
      return KerasTensor(
        name: call.reduced(op, x.name, axes, keeps: keeps),
        rank: keeps ? x.rank : x.rank - axes.count)
    }
  }

  // MARK: Shapes

  private static let shapes: [String: KerasRule] = [
    "Reshape": KerasRule(takesIntegers: true) { call in
      let x = try call.operand(0, "x", "tensor")
      guard let value = call.option(1, "newshape", "shape"), let list = value.list else {
        throw ImportError("its shape is not known")
      }
      // null counts images.
      let sizes = list.enumerated().map { $1.isNull && $0 == 0 ? -1 : $1.integer }
      guard sizes.allSatisfy({ $0 != nil }) else { throw ImportError("its shape is not known") }
      return KerasTensor(
        name: call.node("Reshape", [x.name, call.constant(list: sizes.map { $0! })]),
        rank: sizes.count, isInteger: x.isInteger)
    },
    "Transpose": KerasRule(takesIntegers: true) { call in
      let x = try call.operand(0, "x", "a")
      let order = try call.listOption(1, "axes", "perm") ?? (0..<x.rank).reversed()
      guard order.sorted() == Array(0..<x.rank) else { throw ImportError("axes are \(order)") }
      return KerasTensor(
        name: call.transposed(x.name, order), rank: x.rank, isInteger: x.isInteger)
    },
    "ExpandDims": KerasRule(takesIntegers: true) { call in
      let x = try call.operand(0, "x", "input")
      let axis = try call.axisOption(1, 0, rank: x.rank + 1)
      return KerasTensor(
        name: call.node("Unsqueeze", [x.name, call.constant(list: [axis])]), rank: x.rank + 1,
        isInteger: x.isInteger)
    },
    "Squeeze": KerasRule(takesIntegers: true) { call in
      let x = try call.operand(0, "x", "input")
      guard let list = try call.listOption(1, "axis", "squeeze_dims") else {
        throw ImportError("which axes it takes away depends on the input")
      }
      let axes = try checkedAxes(list, rank: x.rank)
      return KerasTensor(
        name: call.node("Squeeze", [x.name, call.constant(list: axes)]),
        rank: x.rank - axes.count, isInteger: x.isInteger)
    },
    "Concatenate": KerasRule { call in
      let parts = try call.parts("xs", "values")
      let axis = try call.axisOption(1, 0, rank: parts[0].rank)
      let names = parts.map { $0.name }
      return KerasTensor(
        name: call.node("Concat", names, ["axis": .integer(Int64(axis))]), rank: parts[0].rank)
    },
    "Stack": KerasRule { call in
      let parts = try call.parts("x", "values")
      let axis = try call.axisOption(1, 0, rank: parts[0].rank + 1)
      let grown = parts.map {
        call.node("Unsqueeze", [$0.name, call.constant(list: [axis])])
      }
      return KerasTensor(
        name: call.node("Concat", grown, ["axis": .integer(Int64(axis))]),
        rank: parts[0].rank + 1)
    },
    "Flip": KerasRule(takesIntegers: true) { call in
      let x = try call.operand(0, "x", "tensor")
      guard let list = try call.listOption(1, "axis") else { throw ImportError("axis is absent") }
      return try KerasSlicing.reversed(call, x, checkedAxes(list, rank: x.rank))
    },
  ]

  // MARK: Images

  private static let images: [String: KerasRule] = [
    "Resize": KerasRule(takesIntegers: true) { call in
      let x = try call.operand(0, "images")
      guard let size = try call.listOption(1, "size") else { throw ImportError("size is absent") }
      let mode = call.option(2, "interpolation", "method")?.text ?? "bilinear"
      for name in ["antialias", "crop_to_aspect_ratio", "pad_to_aspect_ratio"]
      where try call.flagOption(.max, false, name) {
        throw ImportError("\(name) is not supported")
      }
      for name in ["preserve_aspect_ratio"] where try call.flagOption(.max, false, name) {
        throw ImportError("\(name) is not supported")
      }
      call.settings.ignore("fill_mode", "fill_value")
      return try KerasResizing(call, mode).resized(call.inner([x]), to: size)
    }
  ]
}

extension KerasCall {
  fileprivate func dataFormatOption() throws -> String {
    switch option(2, "data_format")?.text {
    case nil, "NHWC", "channels_last": return "channels_last"
    default: return "channels_first"
    }
  }

  /// Tensors of equal rank in a list.
  fileprivate func parts(_ names: String...) throws -> [KerasTensor] {
    let parts = arguments.argument(0, names)?.tensors ?? []
    let count = arguments.argument(0, names).map { argument -> Int in
      if case .list(let items) = argument { return items.count }
      return 1
    }
    guard !parts.isEmpty, parts.count == count, Set(parts.map { $0.rank }).count == 1 else {
      throw ImportError("its inputs are not tensors of equal numbers of axes")
    }
    return parts
  }
}
