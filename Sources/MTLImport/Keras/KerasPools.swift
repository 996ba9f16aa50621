/// Pools, and what changes the size of an image.
let kerasPools: [String: KerasRule] = [
  "MaxPooling2D": KerasRule { try $0.pool("MaxPool") },
  "AveragePooling2D": KerasRule { try $0.pool("AveragePool") },
  "GlobalAveragePooling2D": KerasRule { try $0.whole("ReduceMean") },
  "GlobalMaxPooling2D": KerasRule { try $0.whole("ReduceMax") },
  "GlobalAveragePooling1D": KerasRule { try $0.whole("ReduceMean", rank: 3) },
  "GlobalMaxPooling1D": KerasRule { try $0.whole("ReduceMax", rank: 3) },
  "ZeroPadding2D": KerasRule(takesIntegers: true) { call in
    let borders = try call.settings.borders("padding")
    let axes = try call.spatialAxes()
    var pads = Array(repeating: 0, count: 8)
    for (axis, border) in zip(axes, borders) {
      (pads[axis], pads[axis + 4]) = (border[0], border[1])
    }
    let value = try call.settings.number("value", 0)
    return call.sameRank(
      call.node("Pad", [call.x.name, call.constant(list: pads), call.constant(value)]))
  },
  "Cropping2D": KerasRule { call in
    let borders = try call.settings.borders("cropping")
    // Nothing taken off behind is everything up to the end.
    let ends = borders.map { $0[1] == 0 ? Int(Int32.max) : -$0[1] }
    let inputs = [borders.map { $0[0] }, ends, try call.spatialAxes()]
    return call.sameRank(
      call.node("Slice", [call.x.name] + inputs.map { call.constant(list: $0) }))
  },
  "UpSampling2D": KerasRule { call in
    let size = (try call.settings.pair("size") ?? [2, 2]).map { Float($0) }
    let method = try KerasResizing(call, try call.settings.text("interpolation", "nearest"))
    let scales = HostTensor([4], floats: [1, 1, size[0], size[1]])
    return try call.image { x in
      // Whole factors: the nearest element is the same wherever its middle lies.
      call.node("Resize", [x, "", call.constant(scales)], method.attributes(isWhole: true))
    }
  },
]

extension KerasCall {
  fileprivate func pool(_ op: String) throws -> KerasTensor {
    var attributes = try padding()
    let size = try settings.pair("pool_size") ?? [2, 2]
    let strides = try settings.pair("strides") ?? size
    attributes["kernel_shape"] = .integers(size.map { Int64($0) })
    attributes["strides"] = .integers(strides.map { Int64($0) })
    return try image { node(op, [$0], attributes) }
  }

  fileprivate func whole(_ op: String, rank: Int = 4) throws -> KerasTensor {
    let first = try isChannelsFirst(rank: rank) ? 2 : 1
    let keeps = try settings.flag("keepdims", false)
    let axes = Array(first..<first + rank - 2)
    return KerasTensor(name: reduced(op, x.name, axes, keeps: keeps), rank: keeps ? rank : 2)
  }
}
