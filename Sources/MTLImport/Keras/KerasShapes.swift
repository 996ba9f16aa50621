/// Layers that change the shape.
let kerasShapes: [String: KerasRule] = [
  "Flatten": KerasRule(takesIntegers: true) { call in
    var x = call.x.name
    // Channels come last even where the images have them first.
    if try call.dataFormat() == "channels_first", call.x.rank > 2 {
      x = call.transposed(x, [0] + Array(2..<call.x.rank) + [1])
    }
    if call.x.rank == 2 { return call.x }
    return KerasTensor(
      name: call.node("Flatten", [x]), rank: 2, isInteger: call.x.isInteger)
  },
  "Reshape": KerasRule(takesIntegers: true) { call in
    guard let target = try call.settings.integers("target_shape") else {
      throw ImportError("target_shape is absent")
    }
    guard target.allSatisfy({ $0 > 0 || $0 == -1 }), target.filter({ $0 == -1 }).count < 2 else {
      throw ImportError("target_shape is \(target)")
    }
    // 0 takes the number of images from the input.
    let name = call.node("Reshape", [call.x.name, call.constant(list: [0] + target)])
    return KerasTensor(
      name: name, rank: target.count + 1, shape: [nil] + target.map { $0 == -1 ? nil : $0 },
      isInteger: call.x.isInteger)
  },
  "Permute": KerasRule(takesIntegers: true) { call in
    let order = try call.settings.integers("dims") ?? []
    guard call.x.rank > 1, order.sorted() == Array(1..<call.x.rank) else {
      throw ImportError("dims is \(order)")
    }
    return KerasTensor(
      name: call.transposed(call.x.name, [0] + order), rank: call.x.rank,
      isInteger: call.x.isInteger)
  },
  "RepeatVector": KerasRule(takesIntegers: true) { call in
    let count = try call.settings.integer("n", 0)
    guard call.x.rank == 2, (1...(1 << 20)).contains(count) else {
      throw ImportError("n is \(count)")
    }
    let row = call.node("Unsqueeze", [call.x.name, call.constant(list: [1])])
    return KerasTensor(
      name: call.node("Tile", [row, call.constant(list: [1, count, 1])]), rank: 3,
      isInteger: call.x.isInteger)
  },
]
