/// A layer of a model's configuration; a model within a model has layers of its own.
package final class KerasLayer {
  let kind: String
  let name: String
  let json: JSONValue
  let settings: KerasSettings
  /// Behind the names of the models that it stands in.
  let path: [String]
  /// nil: it is no model.
  let children: [KerasLayer]?

  private static let depthMost = 16
  private static let models = ["Functional", "Model", "Sequential"]

  /// `path` is that of the model around it.
  ///
  /// Errors: models nested too deep.
  init(_ json: JSONValue, in path: [String], isWhole: Bool = false) throws(ImportError) {
    guard path.count < Self.depthMost else { throw ImportError("models nested too deep") }
    let config = json["config"] ?? .null
    self.json = json
    kind = json["class_name"]?.text ?? ""
    name = config["name"]?.text ?? json["name"]?.text ?? ""
    settings = KerasSettings(config)
    let own = isWhole ? [] : path + [name]
    self.path = own
    let layers = config["layers"]?.list ?? config.list
    guard let layers, isWhole || Self.models.contains(kind) else {
      children = nil
      return
    }
    var children: [KerasLayer] = []
    for layer in layers { children.append(try KerasLayer(layer, in: own)) }
    self.children = children
  }

  /// Whether the class of the model is its user's own.
  var isOwnModel: Bool { !Self.models.contains(kind) || !isKerasOwn }

  var isInput: Bool { kind == "InputLayer" }
  var isSequential: Bool { kind == "Sequential" }

  /// Whether it is a function on tensors that the model calls by itself, and no layer: its module
  /// says so, or where that is not written it lacks what each layer of Keras 3 has.
  var isOperation: Bool {
    if let module = json["module"]?.text { return module.contains(".ops.") }
    return json["inbound_nodes"]?[0]?["args"] != nil && json["config"]?["trainable"] == nil
      && json["config"]?["dtype"]?["class_name"] == nil
  }

  /// Errors: it is not known.
  func rule() throws -> KerasRule {
    if isOperation {
      guard let rule = KerasOperations.rules[kind] else {
        throw ImportError("the operation is not supported")
      }
      return rule
    }
    guard isKerasOwn, let rule = KerasRule.layers[kind] else {
      let isCode = kind == "Lambda"
      throw ImportError(
        isCode
          ? "it is code of Python's, which is not run" : "the layer is not supported")
    }
    return rule
  }

  /// Whether the class is one of Keras's own, and no other of the same name.
  private var isKerasOwn: Bool {
    if json["registered_name"]?.text?.contains(">") ?? false { return false }
    guard let module = json["module"]?.text else { return true }
    return ["keras", "tf_keras", "tensorflow"].contains { first in
      module == first || module.hasPrefix(first + ".")
    }
  }

  /// Its weights, none where the layer is not known.
  var weights: [KerasWeight] { (try? rule().weights(settings)) ?? [] }

  /// Whether training leaves its weights alone.
  var isFrozen: Bool { json["config"]?["trainable"]?.bool == false }

  /// All layers that are no models, in order.
  var leaves: [KerasLayer] { children.map { $0.flatMap { $0.leaves } } ?? [self] }

  var key: String { path.joined(separator: "\u{0}") }

  /// The shape of what it was built for, where that is one tensor.
  var builtShape: [Int?]? {
    let shape = json["build_config"]?["input_shape"]?.plain.list
    guard let shape, shape.allSatisfy({ $0.isNull || $0.integer != nil }) else { return nil }
    return shape.map { $0.integer }
  }
}
