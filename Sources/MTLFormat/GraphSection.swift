/// Records of the graph section.
struct GraphReader {
  private let tensors: [Tensor]
  /// For each tensor whether it has elements by now: constants, inputs, results of nodes so far.
  private var isReady: [Bool]
  /// For each tensor whether a node computes it.
  private(set) var isComputed: [Bool]

  init(_ tensors: [Tensor]) {
    self.tensors = tensors
    isReady = tensors.map { $0.isConstant }
    isComputed = Array(repeating: false, count: tensors.count)
  }

  private func tensor(_ cursor: inout SectionCursor) throws(Status) -> Int {
    let place = cursor.offset
    return try tensor(try cursor.u32(), at: place)
  }

  private func tensor(_ index: UInt32, at place: UInt64) throws(Status) -> Int {
    guard index < UInt32(tensors.count) else {
      throw Status(
        .tensorIndex, "tensor \(index) is referred to; there are \(tensors.count)", at: place)
    }
    return Int(index)
  }

  mutating func readInputs(_ cursor: inout SectionCursor) throws(Status) -> [Int] {
    let count = try cursor.count(in: 1...Limits.inputs, .inputCount, "inputs")
    var inputs: [Int] = []
    for _ in 0..<count {
      let place = cursor.offset
      let index = try tensor(&cursor)
      guard !tensors[index].isConstant else {
        throw Status(
          .inputConstant, "input \(tensors[index].name) of the graph is a constant", at: place)
      }
      guard !isReady[index] else {
        throw Status(
          .inputRepeated, "\(tensors[index].name) is an input of the graph twice", at: place)
      }
      isReady[index] = true
      inputs.append(index)
    }
    return inputs
  }

  /// The outputs and where each stands in the file.
  func readOutputs(
    _ cursor: inout SectionCursor
  ) throws(Status) -> (outputs: [Int], places: [UInt64]) {
    let count = try cursor.count(in: 1...Limits.outputs, .outputCount, "outputs")
    var outputs: [Int] = []
    var places: [UInt64] = []
    for _ in 0..<count {
      let place = cursor.offset
      let index = try tensor(&cursor)
      guard !outputs.contains(index) else {
        throw Status(
          .outputRepeated, "\(tensors[index].name) is an output of the graph twice", at: place)
      }
      outputs.append(index)
      places.append(place)
    }
    return (outputs, places)
  }

  mutating func readNode(_ cursor: inout SectionCursor) throws(Status) -> Node {
    let op = try cursor.u32()
    let name = try cursor.name()
    let inputCount = try cursor.count(
      in: 0...Limits.nodeInputs, .nodeInputCount, "inputs of a node")
    var inputs: [Int?] = []
    for _ in 0..<inputCount { inputs.append(try readOperand(&cursor, of: name)) }
    let place = cursor.offset
    let output = try tensor(&cursor)
    guard !tensors[output].isConstant else {
      throw Status(
        .constantWritten, "node \(name) writes \(tensors[output].name), a constant", at: place)
    }
    guard !isReady[output] else {
      throw Status(
        .writtenTwice, "node \(name) writes \(tensors[output].name), which has elements already",
        at: place)
    }
    isReady[output] = true
    isComputed[output] = true
    let attributeCount = try cursor.count(
      in: 0...Limits.nodeAttributes, .nodeAttributeCount, "attributes of a node")
    var attributes: [Int64] = []
    for _ in 0..<attributeCount { attributes.append(Int64(bitPattern: try cursor.u64())) }
    return Node(op: op, name: name, inputs: inputs, output: output, attributes: attributes)
  }

  private func readOperand(
    _ cursor: inout SectionCursor, of node: Name
  ) throws(Status) -> Int? {
    let place = cursor.offset
    let code = try cursor.u32()
    if code == Layout.absent { return nil }
    let index = try tensor(code, at: place)
    guard isReady[index] else {
      throw Status(
        .readBeforeWritten, "node \(node) reads \(tensors[index].name) before it is computed",
        at: place)
    }
    return index
  }

  /// The first tensor that is neither constant nor input nor anybody's result.
  var neverReady: Int? { isReady.firstIndex(of: false) }
}

extension Reader {
  /// Fills `model.inputs`, `outputs` and `nodes`; returns where each node's record begins.
  static func readGraph(
    _ cursor: inout SectionCursor, _ tensorOffsets: [UInt64], into model: inout Model
  ) throws(Status) -> [UInt64] {
    var reader = GraphReader(model.tensors)
    model.inputs = try reader.readInputs(&cursor)
    let (outputs, outputPlaces) = try reader.readOutputs(&cursor)
    let count = try cursor.count(in: 1...Limits.nodes, .nodeCount, "nodes")
    var offsets: [UInt64] = []
    for _ in 0..<count {
      offsets.append(cursor.offset)
      model.nodes.append(try reader.readNode(&cursor))
    }
    try cursor.finish()
    if let index = firstRepeat(model.nodes.map({ $0.name })) {
      throw Status(
        .nodeName, "two nodes are named \(model.nodes[index].name)", at: offsets[index])
    }
    for (output, place) in zip(outputs, outputPlaces) where !reader.isComputed[output] {
      throw Status(
        .outputNotComputed, "no node computes output \(model.tensors[output].name)", at: place)
    }
    if let index = reader.neverReady {
      throw Status(
        .valueNotComputed, "value \(model.tensors[index].name) is no input and no node computes "
          + "it", at: tensorOffsets[index])
    }
    model.outputs = outputs
    return offsets
  }
}
