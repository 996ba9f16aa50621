/// One call of a layer on its way into the graph.
struct KerasCall {
  let graph: KerasGraph
  let name: String
  let settings: KerasSettings
  let arguments: KerasArguments
  /// The tensors that it is called with, one at least.
  let tensors: [KerasTensor]
  /// In the order of the rule.
  let weights: [HostTensor]
  let version: KerasVersion
  /// The shape of the first input, where the file says it.
  let builtShape: [Int?]?

  var x: KerasTensor { tensors[0] }

  /// With other tensors and settings, as a layer within the layer.
  func inner(
    settings: KerasSettings? = nil, _ tensors: [KerasTensor]? = nil, weights: [HostTensor]? = nil
  ) -> KerasCall {
    KerasCall(
      graph: graph, name: name, settings: settings ?? self.settings,
      arguments: arguments, tensors: tensors ?? self.tensors, weights: weights ?? self.weights,
      version: version, builtShape: builtShape)
  }

  // MARK: Images

  /// Whether images have their channels first.
  ///
  /// Errors: the input is no image, the setting is something else.
  func isChannelsFirst(rank: Int = 4) throws(ImportError) -> Bool {
    guard x.rank == rank else {
      throw ImportError("its input has \(x.rank) axes, \(rank) are needed")
    }
    return try dataFormat() == "channels_first"
  }

  func dataFormat() throws(ImportError) -> String {
    let format = try settings.text("data_format", "channels_last")
    guard ["channels_last", "channels_first"].contains(format) else {
      throw ImportError("data_format is '\(format)'")
    }
    return format
  }

  /// The axes of height and width.
  func spatialAxes() throws -> [Int] { try isChannelsFirst() ? [2, 3] : [1, 2] }

  /// What `body` does to an image that is channels first, in the layout of the layer.
  func image(_ body: (String) throws -> String) throws -> KerasTensor {
    if try isChannelsFirst() { return KerasTensor(name: try body(x.name), rank: 4) }
    let result = try body(transposed(x.name, [0, 3, 1, 2]))
    return KerasTensor(name: transposed(result, [0, 2, 3, 1]), rank: 4)
  }

  /// ONNX's way of saying how a window is padded.
  func padding() throws -> [String: SourceAttribute] {
    switch try settings.text("padding", "valid").lowercased() {
    case "same": return ["auto_pad": .text(Array("SAME_UPPER".utf8))]
    case "valid": return [:]
    case let other: throw ImportError("padding is '\(other)'")
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
  func constant(list: [Int]) -> String { constant(HostTensor(list: list)) }

  func transposed(_ tensor: String, _ order: [Int]) -> String {
    if order == Array(order.indices) { return tensor }
    return node("Transpose", [tensor], ["perm": .integers(order.map { Int64($0) })])
  }

  func reduced(_ op: String, _ tensor: String, _ axes: [Int], keeps: Bool = true) -> String {
    node(op, [tensor, constant(list: axes)], ["keepdims": .integer(keeps ? 1 : 0)])
  }

  /// A tensor of the input's shape.
  func same(_ name: String) -> KerasTensor {
    KerasTensor(name: name, rank: x.rank, shape: x.shape)
  }

  /// One of as many axes.
  func sameRank(_ name: String) -> KerasTensor { KerasTensor(name: name, rank: x.rank) }

  /// With the activation that the layer's configuration names behind it.
  func activated(_ tensor: KerasTensor) throws -> KerasTensor {
    guard let value = settings.value("activation") else { return tensor }
    return try activation(value, tensor)
  }
}
