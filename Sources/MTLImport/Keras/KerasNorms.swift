/// Normalisations, and scales with learned or stored numbers.
let kerasNorms: [String: KerasCall.Rule] = [
  "BatchNormalization": { call in
    let axis = call.config["axis"]?.integer ?? call.config["axis"]?[0]?.integer ?? -1
    let place = try checkedAxis(axis, rank: call.x.rank)
    guard place == call.x.rank - 1 else { throw ImportError("axis \(axis)") }
    var roles: [[String]] = []
    if call.has("scale") { roles.append(["gamma"]) }
    if call.has("center") { roles.append(["beta"]) }
    roles += [["moving_mean"], ["moving_variance"]]
    let found = try call.weights(roles)
    let count = found.last!.count
    let ones = HostTensor([count], floats: Array(repeating: 1, count: count))
    let zeros = HostTensor([count], floats: Array(repeating: 0, count: count))
    let gamma = call.has("scale") ? found[0] : ones
    let beta = call.has("center") ? found[call.has("scale") ? 1 : 0] : zeros
    let parameters = [gamma, beta, found[found.count - 2], found.last!]
    let epsilon = SourceAttribute.float(Float(call.number("epsilon", 1e-3)))
    // ONNX's channels are on axis 1.
    let rank = call.x.rank
    let forth = [0, rank - 1] + Array(1..<rank - 1)
    let back = [0] + Array(2..<rank) + [1]
    let source = rank > 2 ? call.transposed(call.x.name, forth) : call.x.name
    let result = call.node(
      "BatchNormalization", [source] + parameters.map { call.constant($0) },
      ["epsilon": epsilon])
    return call.same(rank > 2 ? call.transposed(result, back) : result)
  },
  "LayerNormalization": { call in
    let axis = call.config["axis"]?.integer ?? call.config["axis"]?[0]?.integer ?? -1
    guard try checkedAxis(axis, rank: call.x.rank) == call.x.rank - 1,
      call.has("scale"), call.has("center"), !(call.config["rms_scaling"]?.bool ?? false)
    else { throw ImportError("axis \(axis), or without scale or center") }
    let parameters = try call.weights([["gamma"], ["beta"]])
    return call.same(
      call.node(
        "LayerNormalization", [call.x.name] + parameters.map { call.constant($0) },
        [
          "axis": .integer(-1), "epsilon": .float(Float(call.number("epsilon", 1e-3))),
        ]))
  },
  "Rescaling": { call in
    let scaled = call.node("Mul", [call.x.name, call.constant(try call.numbers("scale", 1))])
    return call.same(call.node("Add", [scaled, call.constant(try call.numbers("offset", 0))]))
  },
  "Normalization": { call in
    var (mean, variance) = (HostTensor(scalar: 0), HostTensor(scalar: 1))
    if call.config["mean"]?.isNull ?? true {
      let found = try call.weights([["mean"], ["variance"]])
      (mean, variance) = (found[0], found[1])
    } else {
      (mean, variance) = (try call.numbers("mean", 0), try call.numbers("variance", 1))
    }
    guard !(call.config["invert"]?.bool ?? false) else { throw ImportError("inverted") }
    // The result is divided by the deviation, which is at least Keras's smallest number.
    let factor = mapped(variance) { 1 / max($0.squareRoot(), 1e-7) }
    let centered = call.node("Sub", [call.x.name, call.constant(mean)])
    return call.same(call.node("Mul", [centered, call.constant(factor)]))
  },
  "LayerScale": { call in
    let gamma = try call.weights([["gamma"]])[0]
    return call.same(call.node("Mul", [call.x.name, call.constant(gamma)]))
  },
]

extension KerasCall {
  /// A setting that is a number or a list for the last axis.
  fileprivate func numbers(_ key: String, _ standard: Double) throws -> HostTensor {
    guard let value = config[key] else { return HostTensor(scalar: Float(standard)) }
    if let number = value.number { return HostTensor(scalar: Float(number)) }
    let list = (value.list ?? []).compactMap { $0.number }
    guard !list.isEmpty, list.count == value.list?.count else {
      throw ImportError("\(key) is not a list of numbers")
    }
    return HostTensor([list.count], floats: list.map { Float($0) })
  }
}
