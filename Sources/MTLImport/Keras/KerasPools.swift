/// Pools, and what changes the size of an image.
let kerasPools: [String: KerasCall.Rule] = [
  "MaxPooling2D": { try $0.pool("MaxPool") },
  "AveragePooling2D": { try $0.pool("AveragePool") },
  "GlobalAveragePooling2D": { try $0.whole("GlobalAveragePool") },
  "GlobalMaxPooling2D": { try $0.whole("GlobalMaxPool") },
  "ZeroPadding2D": { call in
    try call.checkLayout()
    let borders = try call.borders("padding")
    let pads = [0, borders[0][0], borders[1][0], 0, 0, borders[0][1], borders[1][1], 0]
    return call.same(call.node("Pad", [call.x.name, call.constant(HostTensor(list: pads))]))
  },
  "Cropping2D": { call in
    try call.checkLayout()
    let borders = try call.borders("cropping")
    let starts = HostTensor(list: [borders[0][0], borders[1][0]])
    // Nothing taken off behind is everything up to the end.
    let ends = HostTensor(list: borders.map { $0[1] == 0 ? Int(Int32.max) : -$0[1] })
    let inputs = [starts, ends, HostTensor(list: [1, 2])].map { call.constant($0) }
    return call.same(call.node("Slice", [call.x.name] + inputs))
  },
  "UpSampling2D": { call in
    try call.checkLayout()
    let size = try call.pair("size").map { Float($0) }
    let mode = call.config["interpolation"]?.text ?? "nearest"
    guard mode == "nearest" || mode == "bilinear" else { throw ImportError("'\(mode)'") }
    let scales = HostTensor([4], floats: [1, 1, size[0], size[1]])
    return call.channelsFirst { x in
      call.node(
        "Resize", [x, "", call.constant(scales)],
        [
          "mode": .text(Array((mode == "nearest" ? "nearest" : "linear").utf8)),
          "coordinate_transformation_mode": .text(
            Array((mode == "nearest" ? "asymmetric" : "half_pixel").utf8)),
          "nearest_mode": .text(Array("floor".utf8)),
        ])
    }
  },
]

extension KerasCall {
  fileprivate func pool(_ op: String) throws -> KerasTensor {
    try checkLayout()
    var attributes = try padding()
    let size = try pair("pool_size", 2)
    let strides = config["strides"]?.isNull ?? true ? size : try pair("strides")
    attributes["kernel_shape"] = .integers(size.map { Int64($0) })
    attributes["strides"] = .integers(strides.map { Int64($0) })
    return channelsFirst { node(op, [$0], attributes) }
  }

  fileprivate func whole(_ op: String) throws -> KerasTensor {
    try checkLayout()
    if config["keepdims"]?.bool ?? false { return channelsFirst { node(op, [$0]) } }
    let pooled = node(op, [transposed(x.name, [0, 3, 1, 2])])
    let axes = constant(HostTensor(list: [2, 3]))
    return KerasTensor(name: node("Squeeze", [pooled, axes]), rank: 2)
  }
}
