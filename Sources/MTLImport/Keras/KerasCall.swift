/// One call of a layer on its way into the graph.
struct KerasCall {
  let graph: KerasGraph
  let name: String
  let config: JSONValue
  let arguments: [KerasGraph.Argument]
  let tensors: [KerasTensor]
  let named: JSONValue
  /// The layer's weights, by the names that each may have.
  let weights: ([[String]]) throws(ImportError) -> [HostTensor]

  typealias Rule = @Sendable (KerasCall) throws -> KerasTensor

  /// By the name of the layer's class; each family of layers is in a file of its own.
  static let table: [String: Rule] = {
    let families = [
      kerasConvolutions, kerasPools, kerasActivations, kerasMerges, kerasNorms, kerasShapes,
    ]
    return families.reduce(into: [:]) { table, family in
      table.merge(family) { _, _ in preconditionFailure("a layer stands in two families") }
    }
  }()

  var x: KerasTensor { tensors[0] }

  // MARK: Settings

  func has(_ key: String) -> Bool { config[key]?.bool ?? true }

  func number(_ key: String, _ standard: Double) -> Double { config[key]?.number ?? standard }

  /// One number for both axes, or one for each. Errors: something else.
  func pair(_ key: String, _ standard: Int = 1) throws -> [Int] {
    guard let value = config[key], !value.isNull else { return [standard, standard] }
    if let number = value.integer { return [number, number] }
    let list = (value.list ?? []).compactMap { $0.integer }
    guard list.count == 2 else { throw ImportError("\(key) is not two numbers") }
    return list
  }

  /// `((top, bottom), (left, right))`, or fewer numbers that stand for them.
  func borders(_ key: String) throws -> [[Int]] {
    guard let value = config[key] else { throw ImportError("\(key) is absent") }
    if let number = value.integer { return [[number, number], [number, number]] }
    let list = (value.list ?? []).map { side -> [Int] in
      if let number = side.integer { return [number, number] }
      return (side.list ?? []).compactMap { $0.integer }
    }
    guard list.count == 2, list.allSatisfy({ $0.count == 2 && $0.allSatisfy { $0 >= 0 } }) else {
      throw ImportError("\(key) is not two pairs of numbers")
    }
    return list
  }

  /// Errors: the layer's images are channels first.
  func checkLayout() throws {
    guard config["data_format"]?.text ?? "channels_last" == "channels_last" else {
      throw ImportError("data_format is \(config["data_format"]?.text ?? "")")
    }
    guard x.rank == 4 else { throw ImportError("its input has \(x.rank) axes, images have 4") }
  }

  /// ONNX's way of saying how a window is padded.
  func padding() throws -> [String: SourceAttribute] {
    switch config["padding"]?.text {
    case "same": return ["auto_pad": .text(Array("SAME_UPPER".utf8))]
    case "valid", nil: return [:]
    case let other?: throw ImportError("padding is '\(other)'")
    }
  }

  // MARK: Nodes

  func node(
    _ op: String, _ inputs: [String], _ attributes: [String: SourceAttribute] = [:]
  ) -> String {
    graph.node(op, name, inputs, attributes)
  }

  func constant(_ tensor: HostTensor) -> String { graph.constant(name, tensor) }
  func constant(_ number: Double) -> String { constant(HostTensor(scalar: Float(number))) }

  func transposed(_ tensor: String, _ order: [Int]) -> String {
    node("Transpose", [tensor], ["perm": .integers(order.map { Int64($0) })])
  }

  /// What `body` does to an image that is channels first.
  func channelsFirst(_ body: (String) throws -> String) rethrows -> KerasTensor {
    let result = try body(transposed(x.name, [0, 3, 1, 2]))
    return KerasTensor(name: transposed(result, [0, 2, 3, 1]), rank: 4)
  }

  func same(_ name: String) -> KerasTensor { KerasTensor(name: name, rank: x.rank) }

  /// With the activation that a layer's configuration names behind it.
  func activated(_ tensor: KerasTensor) throws -> KerasTensor {
    guard let value = config["activation"], !value.isNull else { return tensor }
    return KerasTensor(name: try activation(value, tensor), rank: tensor.rank)
  }
}
