/// Layers that change the shape, and those that do nothing when a model predicts.
let kerasShapes: [String: KerasCall.Rule] = {
  let idle = [
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout",
    "AlphaDropout", "ActivityRegularization", "StochasticDepth", "RandomFlip", "RandomRotation",
    "RandomZoom", "RandomTranslation", "RandomContrast", "RandomBrightness", "Identity",
  ]
  var rules: [String: KerasCall.Rule] = [:]
  for name in idle { rules[name] = { $0.x } }
  rules["Flatten"] = { call in
    KerasTensor(name: call.node("Flatten", [call.x.name]), rank: 2)
  }
  rules["Reshape"] = { call in
    let target = (call.config["target_shape"]?.list ?? []).map { $0.integer }
    guard target.allSatisfy({ $0 != nil }) else { throw ImportError("target_shape") }
    // 0 takes the number of images from the input.
    let shape = HostTensor(list: [0] + target.map { $0! })
    return KerasTensor(
      name: call.node("Reshape", [call.x.name, call.constant(shape)]), rank: target.count + 1)
  }
  rules["Permute"] = { call in
    let order = (call.config["dims"]?.list ?? []).compactMap { $0.integer }
    guard order.sorted() == Array(1..<call.x.rank) else { throw ImportError("dims \(order)") }
    return call.same(call.transposed(call.x.name, [0] + order))
  }
  return rules
}()
