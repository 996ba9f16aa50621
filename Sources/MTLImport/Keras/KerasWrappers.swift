/// Layers around a layer.
let kerasWrappers: [String: KerasRule] = [
  // What works on the last axis, or on each element, does the same at each time.
  "TimeDistributed": KerasRule(
    weights: { settings in
      let (rule, inner) = try innerRule(settings)
      return try rule.weights(inner).map { $0.within("layer") }
    }
  ) { call in
    let (rule, settings) = try innerRule(call.settings)
    // Reads the settings that say which weights there are.
    _ = try rule.weights(settings)
    let inner = call.inner(settings: settings)
    let result = try inner.activated(rule.make(inner))
    guard settings.unasked.isEmpty else {
      throw ImportError("not understood: \(settings.unasked.joined(separator: ", "))")
    }
    return result
  }
]

/// Layers of which each time is computed as a whole.
private let eachElement = [
  "Dense", "Activation", "ReLU", "LeakyReLU", "ELU", "Dropout", "GaussianNoise", "Rescaling",
]

private func innerRule(_ settings: KerasSettings) throws -> (KerasRule, KerasSettings) {
  guard let layer = settings.value("layer"), let kind = layer["class_name"]?.text else {
    throw ImportError("its layer is absent")
  }
  guard eachElement.contains(kind), let rule = KerasRule.layers[kind] else {
    throw ImportError("around \(kind) it is not supported")
  }
  return (rule, KerasSettings(layer["config"] ?? .null))
}

extension KerasWeight {
  /// The weight of a layer within the layer.
  fileprivate func within(_ part: String) -> KerasWeight {
    KerasWeight(names: names, isTrained: isTrained, part: [part], isOptional: isOptional)
  }
}
