extension Reader {
  /// Fills `model.selfTest`.
  static func readSelfTest(
    _ cursor: inout SectionCursor, into model: inout Model
  ) throws(Status) {
    let place = cursor.offset
    let tolerance = try cursor.f32()
    guard tolerance.isFinite, tolerance >= 0 else {
      throw Status(
        .testTolerance, "the tolerance of the self-test is not a number from 0 on", at: place)
    }
    try readSlotCount(&cursor, model.inputs.count, "inputs")
    var inputs: [[UInt8]] = []
    for input in model.inputs {
      let count = try readElementCount(&cursor, of: model.tensors[input])
      inputs.append(Array(try cursor.take(count)))
    }
    try readSlotCount(&cursor, model.outputs.count, "outputs")
    var outputs: [[Float]] = []
    for output in model.outputs {
      let count = try readElementCount(&cursor, of: model.tensors[output])
      outputs.append(try readValues(&cursor, count))
    }
    try cursor.finish()
    model.selfTest = SelfTest(tolerance: tolerance, inputs: inputs, outputs: outputs)
  }

  private static func readSlotCount(
    _ cursor: inout SectionCursor, _ expected: Int, _ what: StaticString
  ) throws(Status) {
    let place = cursor.offset
    let count = try cursor.u32()
    guard count == UInt32(expected) else {
      throw Status(
        .testSlots, "the self-test has \(count) \(what); the graph has \(expected)", at: place)
    }
  }

  private static func readElementCount(
    _ cursor: inout SectionCursor, of tensor: Tensor
  ) throws(Status) -> Int {
    let place = cursor.offset
    let count = Int(try cursor.u32())
    guard count == tensor.elementCount else {
      throw Status(
        .testElements, "the self-test has \(count) elements for \(tensor.name), which has "
          + "\(tensor.elementCount)", at: place)
    }
    return count
  }

  private static func readValues(
    _ cursor: inout SectionCursor, _ count: Int
  ) throws(Status) -> [Float] {
    var values: [Float] = []
    for _ in 0..<count {
      let place = cursor.offset
      let value = try cursor.f32()
      guard value.isFinite else {
        throw Status(.testValue, "an expected value of the self-test is not finite", at: place)
      }
      values.append(value)
    }
    return values
  }
}
