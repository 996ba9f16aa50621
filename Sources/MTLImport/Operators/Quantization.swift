/// Numbers as integers with a scale, and back.
let quantizationOperators: [String: OperatorImport] = [
  "QuantizeLinear": OperatorImport(
    { call in
      let x = try call.input(0)
      let zero = call.optional(2)
      let type = try quantizedType(call.node, zero)
      let scale = try perAxis(call.node, call.input(1), shape: x.shape)
      let shift = try zero.map { try perAxis(call.node, $0, shape: x.shape) }
      let parts = try broadcast(x, scale, { ($0 / $1).rounded(.toNearestOrEven) }, { $1 })
      let moved = try shift.map { try broadcast(parts, $0, +, { $1 }) } ?? parts
      let range = type.range!
      return [
        HostTensor(
          type, moved.shape,
          integers: moved.floats.map {
            $0.isNaN ? 0 : Int64(min(max($0, Float(range.lowerBound)), Float(range.upperBound)))
          })
      ]
    },
    { call in
      let x = try call.value(0)
      let zero = try call.optional(2, "the zero point")
      let type = try quantizedType(call.node, zero)
      let shape = x.shape(batch: 1)
      let scale = try perAxis(call.node, call.known(1, "the scale"), shape: shape)
      let parts = try call.binary("div", .value(x), .known(Known(scale)))
      var whole = try call.lowering.elementwise("round", parts)
      if let zero {
        let shift = try perAxis(call.node, zero, shape: shape)
        whole = try call.binary("add", .value(whole), .known(Known(shift)))
      }
      let range = type.range!
      var result = try call.lowering.elementwise(
        "clip", whole, [.float(Double(range.lowerBound)), .float(Double(range.upperBound))])
      result.type = type
      return [.value(result)]
    }),
  "DequantizeLinear": OperatorImport(
    { call in
      let x = try call.input(0)
      let numbers = HostTensor(x.shape, floats: x.asFloats)
      let scale = try perAxis(call.node, call.input(1), shape: x.shape)
      guard let zero = call.optional(2) else { return [try broadcast(numbers, scale, *, { $1 })] }
      let shift = try perAxis(call.node, zero, shape: x.shape)
      return [try broadcast(broadcast(numbers, shift, -, { $1 }), scale, *, { $1 })]
    },
    { call in
      var x = try call.value(0)
      let shape = x.shape(batch: 1)
      if let zero = try call.optional(2, "the zero point") {
        let shift = try perAxis(call.node, zero, shape: shape)
        x = try call.binary("sub", .value(x), .known(Known(shift)))
      }
      let scale = try perAxis(call.node, call.known(1, "the scale"), shape: shape)
      var result = try call.binary("mul", .value(x), .known(Known(scale)))
      result.type = .float
      return [.value(result)]
    }),
]

private func quantizedType(_ node: SourceNode, _ zero: HostTensor?) throws -> DataType {
  node.ignore("saturate", "precision")
  let stated = DataType(rawValue: Int32(try node.integer("output_dtype", 0)))
  let type = zero?.type ?? stated ?? .uint8
  guard type.range != nil else { throw ImportError("integers of type \(type)") }
  return type
}

/// One number, or one for each index of the attribute's axis, as floats that broadcast to `shape`.
private func perAxis(
  _ node: SourceNode, _ tensor: HostTensor, shape: [Int]
) throws -> HostTensor {
  node.ignore("output_dtype")
  let axis = try node.integer("axis", 1)
  guard try node.integer("block_size", 0) == 0, tensor.shape.count <= 1 else {
    throw ImportError("scales of blocks are not supported")
  }
  let floats = tensor.asFloats
  if floats.count == 1 { return HostTensor(scalar: floats[0]) }
  let place = try checkedAxis(axis, rank: shape.count)
  guard floats.count == shape[place] else {
    throw ImportError("\(floats.count) scales for \(shape[place]) indexes")
  }
  var whole = Array(repeating: 1, count: shape.count)
  whole[place] = floats.count
  return HostTensor(whole, floats: floats)
}
