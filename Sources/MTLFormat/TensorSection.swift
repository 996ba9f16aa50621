/// Records of the tensors section.
struct TensorReader {
  /// Bytes of the weights section, empty where there is none.
  let weights: UnsafeRawBufferPointer
  /// End of the constants read so far, in the weights section.
  private(set) var end = 0

  init(weights: UnsafeRawBufferPointer) { self.weights = weights }

  mutating func read(_ cursor: inout SectionCursor) throws(Status) -> Tensor {
    let name = try cursor.name()
    let typePlace = cursor.offset
    let typeCode = try cursor.u32()
    guard let type = ElementType(rawValue: typeCode) else {
      throw Status(
        .elementType, "tensor \(name) has element type \(typeCode), which does not exist",
        at: typePlace)
    }
    let kindPlace = cursor.offset
    let kind = try cursor.u32()
    guard kind <= 1 else {
      throw Status(
        .tensorKind, "tensor \(name) is of kind \(kind), neither value (0) nor constant (1)",
        at: kindPlace)
    }
    let isConstant = kind == 1
    guard isConstant || type == .f32 else {
      throw Status(
        .valueType, "value \(name) has element type \(typeCode); values are f32 (1)",
        at: typePlace)
    }
    let least = isConstant && !type.isScaled ? 0 : 1
    let rankPlace = cursor.offset
    let shape = try readShape(&cursor, name, least: least)
    guard isConstant || shape[0] == 1 else {
      throw Status(
        .valueBatch, "dimension 0 of value \(name) is \(shape[0]); a file describes a batch of 1",
        at: rankPlace + 4)
    }
    var tensor = Tensor(name: name, type: type, shape: shape)
    if isConstant { try readPlacement(&cursor, of: &tensor) }
    return tensor
  }

  private func readShape(
    _ cursor: inout SectionCursor, _ name: Name, least: Int
  ) throws(Status) -> [Int] {
    let place = cursor.offset
    let rank = Int(try cursor.u32())
    guard rank >= least, rank <= Limits.rank else {
      throw Status(
        .tensorRank, "tensor \(name) has rank \(rank); \(least) to \(Limits.rank) is allowed",
        at: place)
    }
    var shape: [Int] = []
    for index in 0..<rank {
      let dimensionPlace = cursor.offset
      let dimension = try cursor.u64()
      guard dimension >= 1, dimension <= UInt64(Limits.elements) else {
        throw Status(
          .dimension, "dimension \(index) of tensor \(name) is \(dimension); 1 to "
            + "\(Limits.elements) is allowed", at: dimensionPlace)
      }
      shape.append(Int(dimension))
    }
    var elements = 1
    for dimension in shape {
      // No overflow: both factors are below 2^31.
      elements *= dimension
      guard elements <= Limits.elements else {
        throw Status(
          .elementCount, "tensor \(name) has more than \(Limits.elements) elements", at: place)
      }
    }
    return shape
  }

  /// Where the elements and scales of a constant are: right behind those of the constant before.
  private mutating func readPlacement(
    _ cursor: inout SectionCursor, of tensor: inout Tensor
  ) throws(Status) {
    let needed = tensor.elementCount * tensor.type.byteCount
    let lengthPlace = cursor.offset
    let length = try cursor.u64()
    guard length == UInt64(needed) else {
      throw Status(
        .dataLength, "constant \(tensor.name) has \(length) bytes of data; its shape and type "
          + "need \(needed)", at: lengthPlace)
    }
    tensor.data = try place(
      &cursor, tensor.name, length: needed, rules: (.dataOffset, .dataBounds))
    if tensor.type.isScaled {
      let scales = try place(
        &cursor, tensor.name, length: 4 * tensor.shape[0], rules: (.scaleOffset, .scaleBounds))
      let first = scales.baseAddress?.assumingMemoryBound(to: Float.self)
      tensor.scales = UnsafeBufferPointer(start: first, count: tensor.shape[0])
    }
  }

  private mutating func place(
    _ cursor: inout SectionCursor, _ name: Name, length: Int, rules: (offset: Rule, bounds: Rule)
  ) throws(Status) -> UnsafeRawBufferPointer {
    let place = cursor.offset
    let offset = try cursor.u64()
    let expected = Layout.align(end, to: Layout.tensorAlignment)
    guard offset == UInt64(expected) else {
      throw Status(
        rules.offset, "data of constant \(name) at \(offset) of the weights section; "
          + "\(expected) expected", at: place)
    }
    guard expected <= weights.count, length <= weights.count - expected else {
      throw Status(
        rules.bounds, "\(length) bytes of constant \(name) do not fit into the weights section",
        at: place)
    }
    end = expected + length
    return UnsafeRawBufferPointer(rebasing: weights[expected..<end])
  }
}

extension Reader {
  /// Fills `model.tensors`; returns where each record begins in the file.
  static func readTensors(
    _ cursors: inout Cursors, _ file: UnsafeRawBufferPointer, into model: inout Model
  ) throws(Status) -> [UInt64] {
    let count = try cursors.tensors.count(in: 0...Limits.tensors, .tensorCount, "tensors")
    let section = cursors.weights
    let range = (section?.offset ?? 0)..<(section?.offset ?? 0) + (section?.length ?? 0)
    var reader = TensorReader(weights: UnsafeRawBufferPointer(rebasing: file[range]))
    var offsets: [UInt64] = []
    for _ in 0..<count {
      offsets.append(cursors.tensors.offset)
      model.tensors.append(try reader.read(&cursors.tensors))
    }
    try cursors.tensors.finish()
    if let index = firstRepeat(model.tensors.map({ $0.name })) {
      throw Status(
        .tensorName, "two tensors are named \(model.tensors[index].name)", at: offsets[index])
    }
    let hasConstants = reader.end > 0
    if let section, section.length != reader.end || !hasConstants {
      throw Status(
        .weightsLength, "the weights section has \(section.length) bytes; its constants end at "
          + "\(reader.end)", at: cursors.weightsPlace + 16)
    }
    return offsets
  }
}
