/// A tensor of a Keras model: its name in the graph, and how many axes it has.
struct KerasTensor {
  let name: String
  let rank: Int
  /// nil where nobody has kept count of it; nil within it is not known before the model runs.
  var shape: [Int?]?
  var isInteger = false
  /// Whether some of its times are marked as missing.
  var isMasked = false

  init(name: String, rank: Int, shape: [Int?]? = nil, isInteger: Bool = false) {
    (self.name, self.rank, self.shape, self.isInteger) = (name, rank, shape, isInteger)
  }
}

/// Turns a Keras model's configuration into ONNX's operators, layer by layer.
final class KerasGraph {
  private(set) var graph = SourceGraph()
  private(set) var problems = KerasProblems()
  private let weights: any KerasWeights
  private let version: KerasVersion
  private var names: Set<String> = []
  /// Whether a layer computes with 16 bits.
  private var isHalf = false

  private static let callsMost = 1 << 14
  /// Most rounds over the calls of a model whose inputs were not there yet.
  private static let roundsMost = 1000
  private var calls = 0

  init(_ weights: any KerasWeights, _ version: KerasVersion) {
    self.weights = weights
    self.version = version
    graph.opset = 18
    graph.producer = "keras" + (version.text.map { " \($0)" } ?? "")
  }

  func build(_ model: KerasLayer) throws {
    let outputs = try expand(model, inputs: nil)
    if problems.isEmpty { problems.addUnused(try weights.unused()) }
    guard problems.isEmpty else { return }
    for (name, tensor) in outputs {
      let output = unique(name)
      graph.nodes.append(
        SourceNode(op: "Identity", name: output, inputs: [tensor.name], outputs: [output]))
      graph.outputs.append(output)
    }
    if model.isOwnModel {
      graph.notes.append(
        "what the code of its class '\(model.kind)' does beside its layers is not in the file")
    }
    if isHalf {
      graph.notes.append("its numbers of 16 bits are computed as float32")
    }
  }

  /// `name`, or with a number behind it, such that nothing else has it.
  func unique(_ name: String) -> String {
    var candidate = name
    var number = 1
    while !names.insert(candidate).inserted {
      candidate = "\(name)_\(number)"
      number += 1
    }
    return candidate
  }

  /// Adds a node; returns its result's name.
  func node(
    _ op: String, _ layer: String, _ inputs: [String],
    _ attributes: [String: SourceAttribute] = [:]
  ) -> String {
    let result = unique("\(layer).\(op.lowercased())")
    graph.nodes.append(
      SourceNode(op: op, name: result, inputs: inputs, outputs: [result], attributes: attributes))
    return result
  }

  func constant(_ layer: String, _ tensor: HostTensor) -> String {
    let name = unique("\(layer).constant")
    graph.constants[name] = StoredTensor(tensor)
    return name
  }

  // MARK: Models

  /// A model's outputs; `inputs` is nil for the whole model, whose inputs are the graph's. Empty
  /// where something failed.
  private func expand(
    _ model: KerasLayer, inputs: [KerasTensor]?
  ) throws -> [(String, KerasTensor)] {
    if model.isSequential { return try expandSequence(model, inputs: inputs) }
    let config = model.json["config"] ?? .null
    guard let layers = model.children, let wanted = KerasInbound.references(config["output_layers"])
    else {
      throw ImportError("class \(model.kind): its layers are made by code, and not in the file")
    }
    var results: [String: [KerasTensor]] = [:]
    var entries = layers.filter { $0.isInput }
    if let order = KerasInbound.references(config["input_layers"])?.map({ $0.layer }) {
      func place(_ layer: KerasLayer) -> Int { order.firstIndex(of: layer.name) ?? order.count }
      entries.sort { place($0) < place($1) }
    }
    if let inputs, inputs.count != entries.count {
      throw ImportError("it has \(entries.count) inputs and is called with \(inputs.count)")
    }
    for (index, entry) in entries.enumerated() {
      let tensor = try inputs?[index] ?? input(entry.json["config"] ?? .null, entry.name)
      results[KerasInbound.Reference.key(entry.name, 0)] = [tensor]
    }
    try run(layers, wanted: wanted, &results)
    return try wanted.compactMap { reference in
      guard let found = results[reference.key] else {
        if !problems.isEmpty { return nil }
        throw ImportError("output '\(reference.layer)' is not computed")
      }
      if found.isEmpty { return nil }
      guard found.indices.contains(reference.index) else {
        throw ImportError("'\(reference.layer)' has no output \(reference.index)")
      }
      return (reference.layer, found[reference.index])
    }
  }

  private func expandSequence(
    _ model: KerasLayer, inputs: [KerasTensor]?
  ) throws -> [(String, KerasTensor)] {
    let built = model.json["config"]?["build_input_shape"]?.plain
    var tensor = inputs?.first
    if let inputs, inputs.count != 1 {
      throw ImportError("it is called with \(inputs.count) inputs")
    }
    var last = ""
    for layer in model.children ?? [] {
      let config = layer.json["config"] ?? .null
      if layer.isInput {
        if tensor == nil { tensor = try input(config, layer.name) }
        continue
      }
      last = layer.name
      if tensor == nil {
        let shape = config["batch_input_shape"] ?? built ?? firstShape(layer)
        tensor = try input(.object(["batch_shape": shape ?? .null]), "\(last)_input")
      }
      guard let given = tensor else { throw ImportError("layer '\(last)' has no input") }
      guard let found = try call(layer, KerasArguments([.tensor(given)])) else { return [] }
      tensor = found.first
    }
    guard let tensor else { throw ImportError("a Sequential model without layers") }
    return [(last, tensor)]
  }

  /// The shape of a model's first input, where that stands in its first layer.
  private func firstShape(_ layer: KerasLayer) -> JSONValue? {
    guard let first = layer.children?.first else { return nil }
    let config = first.json["config"]
    return config?["batch_shape"] ?? config?["batch_input_shape"] ?? firstShape(first)
  }

  /// An input of the graph.
  private func input(_ config: JSONValue, _ name: String) throws -> KerasTensor {
    guard let shape = (config["batch_shape"] ?? config["batch_input_shape"])?.plain.list,
      shape.allSatisfy({ $0.isNull || $0.integer != nil }), !shape.isEmpty
    else { throw ImportError("input '\(name)' has no shape") }
    for key in ["sparse", "ragged", "optional"] where config[key]?.bool == true {
      throw ImportError("input '\(name)' is \(key)")
    }
    let tensor = unique(name)
    let sizes = shape.map { $0.integer }
    graph.inputs.append(SourceInput(name: tensor, type: .float, shape: sizes))
    let type = config["dtype"]?.text ?? config["dtype"]?["config"]?["name"]?.text ?? "float32"
    return KerasTensor(
      name: tensor, rank: shape.count, shape: sizes,
      isInteger: !KerasDType.isFloat(type) && !type.hasPrefix("mixed_"))
  }

  // MARK: Calls

  /// All calls of the layers of a functional model, each as soon as its inputs are computed: a
  /// layer may be called again with what comes from a later one.
  private func run(
    _ layers: [KerasLayer], wanted: [KerasInbound.Reference],
    _ results: inout [String: [KerasTensor]]
  ) throws {
    struct Pending {
      let layer: KerasLayer
      let inbound: JSONValue
      let node: Int
    }
    let firsts = firstNodes(layers, wanted)
    var pending: [Pending] = []
    for layer in layers where !layer.isInput {
      for (index, inbound) in (layer.json["inbound_nodes"]?.list ?? []).enumerated() {
        let node = index + (firsts[layer.name] ?? 0)
        pending.append(Pending(layer: layer, inbound: inbound, node: node))
      }
    }
    guard pending.count < Self.callsMost else { throw ImportError("too many layers") }
    let known = Set(layers.map { $0.name })
    var rounds = 0
    while !pending.isEmpty {
      rounds += 1
      var later: [(Pending, String)] = []
      for one in pending {
        let reader = KerasInbound(results: results, layers: known)
        let key = KerasInbound.Reference.key(one.layer.name, one.node)
        do {
          switch try reader.arguments(one.inbound) {
          case .ready(let arguments): results[key] = try call(one.layer, arguments) ?? []
          case .failed: results[key] = []
          case .waiting(let input): later.append((one, input))
          }
        } catch let error as ImportError {
          problems.add(one.layer, error.text)
          results[key] = []
        }
      }
      if later.count == pending.count || rounds > Self.roundsMost {
        for (one, input) in later {
          problems.add(one.layer, "its input '\(input)' is never computed")
        }
        return
      }
      pending = later.map { $0.0 }
    }
  }

  /// The number of the first call of each layer that is a model: some versions of Keras count the
  /// one with the model's own inputs, too. It shows in the largest number that is referred to.
  private func firstNodes(
    _ layers: [KerasLayer], _ wanted: [KerasInbound.Reference]
  ) -> [String: Int] {
    var largest: [String: Int] = [:]
    let calls = layers.flatMap { layer in
      (layer.json["inbound_nodes"]?.list ?? []).flatMap { KerasInbound.allReferences($0) }
    }
    for reference in calls + wanted {
      largest[reference.layer] = max(largest[reference.layer] ?? 0, reference.node)
    }
    var firsts: [String: Int] = [:]
    for layer in layers where layer.children != nil {
      let count = layer.json["inbound_nodes"]?.list?.count ?? 0
      if largest[layer.name] == count, count > 0 { firsts[layer.name] = 1 }
    }
    return firsts
  }

  /// One call of a layer; nil and a problem where it cannot be expressed.
  private func call(
    _ layer: KerasLayer, _ arguments: KerasArguments
  ) throws -> [KerasTensor]? {
    calls += 1
    guard calls < Self.callsMost else { throw ImportError("too many layers") }
    do {
      if try isTraining(arguments) { throw ImportError("it is called as in training") }
      if layer.children != nil {
        let found = try expand(layer, inputs: arguments.takeTensors())
        return found.isEmpty ? nil : found.map { $0.1 }
      }
      return [try applied(layer, arguments)]
    } catch let error as ImportError {
      try weights.checkFile()
      problems.add(layer, error.text)
      return nil
    }
  }

  /// Whether a layer works as in training even when the model predicts. What a call says of it
  /// holds in Keras 2; in Keras 3 predicting is stronger.
  private func isTraining(_ arguments: KerasArguments) throws(ImportError) -> Bool {
    guard let training = arguments.argument(.max, ["training"]), !training.isIdle else {
      return false
    }
    return try !version.isThree(for: "what a call says of training")
  }

  private func applied(_ layer: KerasLayer, _ arguments: KerasArguments) throws -> KerasTensor {
    let rule = try layer.rule()
    if !layer.isOperation, !layer.kind.contains("OpLambda"), layer.kind != "TensorFlowOpLayer" {
      if try KerasDType.check(layer.json["config"]?["dtype"]) { isHalf = true }
    }
    let tensors = arguments.takeTensors()
      + arguments.named.sorted { $0.key < $1.key }.flatMap { $0.value.tensors }
    guard !tensors.isEmpty else { throw ImportError("it has no input") }
    if !rule.takesIntegers, tensors.contains(where: { $0.isInteger }) {
      throw ImportError("its input has whole numbers; Rescaling or a cast makes floats of them")
    }
    let wanted = try rule.weights(layer.settings)
    try checkMasks(layer, tensors)
    let call = KerasCall(
      graph: self, name: layer.path.joined(separator: "/"), settings: layer.settings,
      arguments: arguments, tensors: tensors,
      weights: wanted.isEmpty ? [] : try weights.weights(of: layer, wanted), version: version,
      builtShape: layer.builtShape)
    var result = try call.activated(rule.make(call))
    result.isMasked = layer.kind == "Masking" || tensors.contains { $0.isMasked } && result.rank > 2
    let rest = layer.settings.unasked.map {
      "\($0) (\(layer.json["config"]?[$0]?.shortText ?? ""))"
    } + arguments.unasked
    guard rest.isEmpty else {
      throw ImportError("not understood: \(rest.joined(separator: ", "))")
    }
    return result
  }

  /// Layers that leave out missing times; all others compute as if none were missing.
  private static let maskReaders: Set<String> = [
    "GlobalAveragePooling1D", "Softmax", "MultiHeadAttention", "TimeDistributed",
  ]

  /// Errors: the layer leaves out what is marked as missing.
  private func checkMasks(_ layer: KerasLayer, _ tensors: [KerasTensor]) throws(ImportError) {
    if Self.maskReaders.contains(layer.kind), tensors.contains(where: { $0.isMasked }) {
      throw ImportError("behind Masking, whose missing times it leaves out, it is not supported")
    }
  }
}
