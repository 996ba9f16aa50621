/// Normalisations.
let kerasNorms: [String: KerasRule] = [
  "BatchNormalization": KerasRule(
    weights: {
      try scaled($0) + [
        KerasWeight("moving_mean", isTrained: false),
        KerasWeight("moving_variance", isTrained: false),
      ]
    }
  ) { call in
    let settings = call.settings
    settings.ignore("momentum", "synchronized", "fused", "virtual_batch_size", "renorm_momentum")
    for key in ["renorm", "adjustment"] {
      let isOff = settings.value(key).map { $0.bool == false } ?? true
      guard isOff else { throw ImportError("\(key) is not supported") }
    }
    settings.ignore("renorm_clipping")
    let rank = call.x.rank
    let axis = try settings.axis("axis", -1, rank: rank)
    guard axis > 0 else { throw ImportError("axis is 0, the images") }
    let (mean, variance) = (call.weights[call.weights.count - 2], call.weights.last!)
    let (gamma, beta) = try call.scaleAndShift(count: mean.count)
    let inputs = [gamma, beta, mean, variance].map { call.constant($0) }
    // ONNX's channels are on axis 1.
    let forth = [0, axis] + (1..<rank).filter { $0 != axis }
    let source = call.transposed(call.x.name, forth)
    let result = call.node(
      "BatchNormalization", [source] + inputs, ["epsilon": try call.epsilon(1e-3)])
    let back = (0..<rank).map { forth.firstIndex(of: $0)! }
    return call.same(call.transposed(result, back))
  },
  "LayerNormalization": KerasRule(weights: scaled) { call in
    guard !(try call.settings.flag("rms_scaling", false)) else {
      throw ImportError("rms_scaling is not supported; RMSNormalization is")
    }
    let (axes, rank) = (try call.settings.axes("axis", -1, rank: call.x.rank), call.x.rank)
    guard axes == Array(rank - axes.count..<rank), axes[0] > 0 else {
      throw ImportError("axis is \(axes), and not the last ones")
    }
    let (gamma, beta) = try call.scaleAndShift(count: 1)
    return call.same(
      call.node(
        "LayerNormalization", [call.x.name, call.constant(gamma), call.constant(beta)],
        ["axis": .integer(Int64(axes[0] - rank)), "epsilon": try call.epsilon(1e-3)]))
  },
  "RMSNormalization": KerasRule(weights: { _ in [KerasWeight("scale")] }) { call in
    let axis = try call.settings.axis("axis", -1, rank: call.x.rank)
    guard axis == call.x.rank - 1 else { throw ImportError("axis is not the last one") }
    let squares = call.node("Mul", [call.x.name, call.x.name])
    let mean = call.reduced("ReduceMean", squares, [axis])
    let raised = call.node(
      "Add", [mean, call.constant(try call.settings.number("epsilon", 1e-6))])
    let normal = call.node("Div", [call.x.name, call.node("Sqrt", [raised])])
    return call.same(call.node("Mul", [normal, call.constant(call.weights[0])]))
  },
  "GroupNormalization": KerasRule(weights: scaled) { call in
    let rank = call.x.rank
    let axis = try call.settings.axis("axis", -1, rank: rank)
    var groups = try call.settings.integer("groups", 32)
    guard axis > 0, rank > 2 else { throw ImportError("axis \(axis) of \(rank)") }
    if groups == -1 {
      guard let channels = call.weights.first?.count ?? call.x.shape?[axis] else {
        throw ImportError("the number of its groups is not known")
      }
      groups = channels
    }
    guard (1...(1 << 20)).contains(groups) else { throw ImportError("groups is \(groups)") }
    let (gamma, beta) = try call.scaleAndShift(count: call.weights.first?.count ?? groups)
    let forth = [0, axis] + (1..<rank).filter { $0 != axis }
    let result = call.node(
      "GroupNormalization",
      [call.transposed(call.x.name, forth), call.constant(gamma), call.constant(beta)],
      ["num_groups": .integer(Int64(groups)), "epsilon": try call.epsilon(1e-3)])
    return call.same(call.transposed(result, (0..<rank).map { forth.firstIndex(of: $0)! }))
  },
  "UnitNormalization": KerasRule { call in
    let axes = try call.settings.axes("axis", -1, rank: call.x.rank)
    return call.same(call.unit(call.x.name, axes))
  },
  // ConvNeXt's.
  "LayerScale": KerasRule(weights: { _ in [KerasWeight("gamma")] }) { call in
    call.settings.ignore("init_values", "projection_dim")
    return call.same(call.node("Mul", [call.x.name, call.constant(call.weights[0])]))
  },
]

/// The weights of a scale and a shift, as the layer has them.
@Sendable private func scaled(_ settings: KerasSettings) throws -> [KerasWeight] {
  var weights: [KerasWeight] = []
  if try settings.flag("scale", true) { weights.append(KerasWeight("gamma")) }
  if try settings.flag("center", true) { weights.append(KerasWeight("beta")) }
  return weights
}

extension KerasCall {
  func epsilon(_ standard: Double) throws -> SourceAttribute {
    .float(Float(try settings.number("epsilon", standard)))
  }

  /// `count` ones and zeros for those that the layer has not.
  fileprivate func scaleAndShift(count: Int) throws -> (gamma: HostTensor, beta: HostTensor) {
    let hasScale = try settings.flag("scale", true)
    let hasShift = try settings.flag("center", true)
    func filled(_ value: Float) -> HostTensor {
      HostTensor([count], floats: Array(repeating: value, count: count))
    }
    return (
      hasScale ? weights[0] : filled(1), hasShift ? weights[hasScale ? 1 : 0] : filled(0)
    )
  }

  /// The tensor, divided by its length along `axes`.
  func unit(_ tensor: String, _ axes: [Int], epsilon: Double = 1e-12) -> String {
    let squares = node("Mul", [tensor, tensor])
    let sum = node("Max", [reduced("ReduceSum", squares, axes), constant(epsilon)])
    return node("Div", [tensor, node("Sqrt", [sum])])
  }
}
