/// A tensor of a Keras model: its name in the graph, and how many axes it has.
struct KerasTensor {
  let name: String
  let rank: Int
}

/// Turns a Keras model's configuration into ONNX's operators, layer by layer.
final class KerasGraph {
  private(set) var graph = SourceGraph()
  private(set) var problems: [String] = []
  private let weights: any KerasWeights
  private var names: Set<String> = []

  private static let depthMost = 16
  private static let callsMost = 1 << 14
  private var calls = 0

  init(_ weights: any KerasWeights) {
    self.weights = weights
    graph.opset = 18
    graph.producer = "keras"
  }

  func build(_ model: JSONValue) throws {
    let outputs = try expand(model, path: [], inputs: nil)
    guard problems.isEmpty else { return }
    for (name, tensor) in outputs {
      let output = unique(name)
      graph.nodes.append(
        SourceNode(op: "Identity", name: output, inputs: [tensor.name], outputs: [output]))
      graph.outputs.append(output)
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

  /// A model's outputs; `inputs` is nil for the whole model, whose inputs are the graph's.
  private func expand(
    _ model: JSONValue, path: [String], inputs: [KerasTensor]?
  ) throws -> [(String, KerasTensor)] {
    guard path.count < Self.depthMost else { throw ImportError("models nested too deep") }
    guard let name = model["class_name"]?.text, let config = model["config"] else {
      throw ImportError("the configuration names no model")
    }
    if name == "Sequential" { return try expandSequence(config, path: path, inputs: inputs) }
    guard let layers = config["layers"]?.list, config["output_layers"] != nil else {
      throw ImportError("class \(name): its layers are made by code, and not written in the file")
    }
    var results: [String: [KerasTensor]] = [:]
    var pending = inputs
    if let own = references(config["input_layers"]), let given = inputs, own.count == given.count {
      for (reference, tensor) in zip(own, given) { results[reference.key] = [tensor] }
      pending = []
    }
    for layer in layers {
      try run(layer, path: path, results: &results, inputs: &pending)
    }
    let wanted = references(config["output_layers"]) ?? []
    return try wanted.map { reference -> (String, KerasTensor) in
      guard let found = results[reference.key], found.indices.contains(reference.index) else {
        if !problems.isEmpty { return (reference.layer, KerasTensor(name: "", rank: 0)) }
        throw ImportError("output '\(reference.layer)' is not computed")
      }
      return (reference.layer, found[reference.index])
    }
  }

  private func expandSequence(
    _ config: JSONValue, path: [String], inputs: [KerasTensor]?
  ) throws -> [(String, KerasTensor)] {
    guard let layers = config["layers"]?.list ?? config.list else {
      throw ImportError("a Sequential model without layers")
    }
    var tensor = inputs?.first
    var last = ""
    for layer in layers {
      let settings = layer["config"] ?? .null
      last = settings["name"]?.text ?? last
      if layer["class_name"]?.text == "InputLayer" {
        if tensor == nil { tensor = try input(settings, last) }
        continue
      }
      if tensor == nil {
        tensor = try input(
          settings["batch_input_shape"].map { .object(["batch_shape": $0]) }
            ?? .object(["batch_shape": config["build_input_shape"] ?? .null]), "\(last)_input")
      }
      guard let given = tensor else { throw ImportError("layer '\(last)' has no input") }
      guard let found = try call(layer, path: path, [.tensor(given)], .null)?.first else {
        return []
      }
      tensor = found
    }
    guard let tensor else { throw ImportError("a Sequential model without layers") }
    return [(last, tensor)]
  }

  /// An input of the graph.
  private func input(_ config: JSONValue, _ name: String) throws -> KerasTensor {
    guard let shape = (config["batch_shape"] ?? config["batch_input_shape"])?.list else {
      throw ImportError("input '\(name)' has no shape")
    }
    let tensor = unique(name)
    graph.inputs.append(
      SourceInput(name: tensor, type: .float, shape: shape.map { $0.integer }))
    return KerasTensor(name: tensor, rank: shape.count)
  }

  private struct Reference {
    let layer: String
    let node: Int
    let index: Int
    var key: String { "\(node)\u{0}\(layer)" }
  }

  /// `[["a", 0, 0], …]`, or one without the outer list, or by name.
  private func references(_ value: JSONValue?) -> [Reference]? {
    if case .object(let entries)? = value {
      return entries.sorted { $0.key < $1.key }.flatMap { references($0.value) ?? [] }
    }
    guard let list = value?.list else { return nil }
    if let layer = list.first?.text {
      guard list.count >= 3, let node = list[1].integer, let index = list[2].integer else {
        return nil
      }
      return [Reference(layer: layer, node: node, index: index)]
    }
    return list.flatMap { references($0) ?? [] }
  }

  // MARK: Layers

  /// Every call of a layer of a functional model.
  private func run(
    _ layer: JSONValue, path: [String], results: inout [String: [KerasTensor]],
    inputs: inout [KerasTensor]?
  ) throws {
    let name = layer["name"]?.text ?? layer["config"]?["name"]?.text ?? ""
    if layer["class_name"]?.text == "InputLayer" {
      let key = "0\u{0}\(name)"
      if results[key] != nil { return }
      if inputs?.isEmpty == false {
        results[key] = [inputs!.removeFirst()]
      } else {
        results[key] = [try input(layer["config"] ?? .null, name)]
      }
      return
    }
    for (index, inbound) in (layer["inbound_nodes"]?.list ?? []).enumerated() {
      guard let arguments = arguments(inbound, results) else { continue }
      if let found = try call(layer, path: path, arguments.list, arguments.named) {
        results["\(index)\u{0}\(name)"] = found
      }
    }
  }

  enum Argument {
    case tensor(KerasTensor)
    case number(Double)
  }

  /// What a layer is called with; nil where an input failed before.
  private func arguments(
    _ inbound: JSONValue, _ results: [String: [KerasTensor]]
  ) -> (list: [Argument], named: JSONValue)? {
    var list: [Argument] = []
    var isComplete = true
    func add(_ reference: Reference?) {
      guard let reference, let found = results[reference.key],
        found.indices.contains(reference.index)
      else { return isComplete = false }
      list.append(.tensor(found[reference.index]))
    }
    if let arguments = inbound["args"]?.list {
      func walk(_ value: JSONValue, _ depth: Int) {
        if value["class_name"]?.text == "__keras_tensor__" {
          add(references(value["config"]?["keras_history"])?.first)
        } else if let items = value.list, depth < 8 {
          for item in items { walk(item, depth + 1) }
        } else if let number = value.number {
          list.append(.number(number))
        }
      }
      for value in arguments { walk(value, 0) }
      return isComplete ? (list, inbound["kwargs"] ?? .null) : nil
    }
    var named = JSONValue.null
    let calls = inbound.list ?? []
    let isOne = calls.first?.text != nil
    for call in isOne ? [inbound] : calls {
      add(references(call)?.first)
      if let last = call[3] { named = last }
    }
    return isComplete ? (list, named) : nil
  }

  /// One call of a layer; nil and a problem where it cannot be expressed.
  private func call(
    _ layer: JSONValue, path: [String], _ arguments: [Argument], _ named: JSONValue
  ) throws -> [KerasTensor]? {
    calls += 1
    guard calls < Self.callsMost else { throw ImportError("too many layers") }
    let kind = layer["class_name"]?.text ?? ""
    let name = layer["config"]?["name"]?.text ?? layer["name"]?.text ?? ""
    do {
      let tensors = arguments.compactMap { argument -> KerasTensor? in
        if case .tensor(let tensor) = argument { return tensor }
        return nil
      }
      if ["Functional", "Model", "Sequential"].contains(kind) {
        return try expand(layer, path: path + [name], inputs: tensors).map { $0.1 }
      }
      guard let rule = KerasCall.table[kind] else {
        throw ImportError("the layer is not supported")
      }
      let call = KerasCall(
        graph: self, name: (path + [name]).joined(separator: "/"),
        config: layer["config"] ?? .null, arguments: arguments, tensors: tensors, named: named,
        weights: { [weights] (roles) throws(ImportError) in
          try weights.weights(path + [name], roles: roles)
        })
      guard !tensors.isEmpty else { throw ImportError("it has no input") }
      let result = try rule(call)
      return [try call.activated(result)]
    } catch let error as ImportError {
      problems.append("\(kind) '\(name)': \(error.text)")
      return nil
    }
  }
}
