import MTLFormat

/// Models that keep every rule, and that no person would think of. The elements of constants live
/// as long as the maker.
final class RandomModel {
  private var random: SplitMix
  private var memory: [Bytes] = []
  private(set) var model = Model()

  init(seed: UInt64) throws {
    random = SplitMix(state: seed)
    try fill()
  }

  /// Uses operators that keep the shape of their input, so that any chain of them is right.
  private func fill() throws {
    let shape = [1] + (0..<Int.random(in: 0...3, using: &random)).map { _ in
      Int.random(in: 1...4, using: &random)
    }
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      model.inputs.append(model.tensors.count)
      model.tensors.append(Tensor(name: name(), shape: shape))
    }
    for _ in 0..<Int.random(in: 1...9, using: &random) { try addNode(shape) }
    let computed = model.nodes.map(\.output).shuffled(using: &random)
    model.outputs = Array(computed.prefix(Int.random(in: 1...3, using: &random)))
    for index in 0..<Int.random(in: 0...6, using: &random) { try addConstant(index) }
    shuffleTensors()
    addTasks()
    for index in 0..<Int.random(in: 0...4, using: &random) {
      model.metadata.append((key: Name("key \(index)"), value: name()))
    }
    if Bool.random(using: &random) { addSelfTest() }
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      let key = try bytes(32) { UInt8.random(in: 0...255, using: &random) }
      let count = Int.random(in: 1...200, using: &random)
      let data = try bytes(count) { UInt8.random(in: 0...255, using: &random) }
      model.packed.append(PackedConstants(key: PackedKey(key), data: data))
    }
  }

  private func name() -> Name {
    let letters = ["a", "z", "é", "日", "\u{1F457}", " ", "/", "0"]
    let word = (0..<Int.random(in: 1...9, using: &random)).map { _ in
      letters.randomElement(using: &random)!
    }
    return Name("\(model.tensors.count)·\(model.nodes.count)·\(word.joined())")
  }

  private func addNode(_ shape: [Int]) throws {
    let values = model.tensors.indices.filter { !model.tensors[$0].isConstant }
    let input = values.randomElement(using: &random)!
    let output = model.tensors.count
    model.tensors.append(Tensor(name: name(), shape: shape))
    let isDropout = Bool.random(using: &random)
    let rate = Double.random(in: 0...1, using: &random)
    model.nodes.append(
      Node(
        op: isDropout ? 18 : 9, name: name(), inputs: [input], output: output,
        attributes: isDropout ? [Int64(bitPattern: rate.bitPattern)] : []))
  }

  private func bytes(_ count: Int, _ byte: () -> UInt8) throws -> UnsafeRawBufferPointer {
    let bytes = try Bytes.allocate(count)
    let view = UnsafeMutableRawBufferPointer(mutating: bytes.view)
    for index in view.indices { view[index] = byte() }
    memory.append(bytes)
    return bytes.view
  }

  private func addConstant(_ index: Int) throws {
    let type = ElementType.allCases[index % ElementType.allCases.count]
    var shape = (0..<Int.random(in: 0...8, using: &random)).map { _ in
      Int.random(in: 1...3, using: &random)
    }
    if type.isScaled { shape.append(Int.random(in: 1...100, using: &random)) }
    if shape.count > 8 { shape.removeFirst() }
    var tensor = Tensor(name: name(), type: type, shape: shape)
    let count = tensor.elementCount * type.byteCount
    tensor.data = try bytes(count) { UInt8.random(in: 0...255, using: &random) }
    if type.isScaled {
      // Bytes of a small positive number each.
      let scales = try bytes(4 * shape[0]) { UInt8.random(in: 0...63, using: &random) }
      tensor.scales = UnsafeBufferPointer(
        start: scales.baseAddress!.assumingMemoryBound(to: Float.self), count: shape[0])
    }
    model.tensors.append(tensor)
  }

  private func shuffleTensors() {
    let order = model.tensors.indices.shuffled(using: &random)
    var place = Array(repeating: 0, count: order.count)
    for (new, old) in order.enumerated() { place[old] = new }
    model.tensors = order.map { model.tensors[$0] }
    model.inputs = model.inputs.map { place[$0] }
    model.outputs = model.outputs.map { place[$0] }
    for index in model.nodes.indices {
      model.nodes[index].inputs = model.nodes[index].inputs.map { $0.map { place[$0] } }
      model.nodes[index].output = place[model.nodes[index].output]
    }
  }

  private func addTasks() {
    for (output, tensor) in model.outputs.enumerated() where Bool.random(using: &random) {
      let row = model.tensors[tensor].elementCount
      var first = 0
      while first < row {
        let count = Int.random(in: 1...row - first, using: &random)
        model.tasks.append(
          Task(
            name: Name("task \(output) \(first)"), isExclusive: Bool.random(using: &random),
            output: output, first: first, labels: (0..<count).map { Name("label \($0)") },
            threshold: Float.random(in: 0...1, using: &random)))
        first += count
      }
    }
  }

  private func addSelfTest() {
    let inputs = model.inputs.map { index in
      (0..<model.tensors[index].elementCount).map { _ in UInt8.random(in: 0...255, using: &random) }
    }
    let outputs = model.outputs.map { index in
      (0..<model.tensors[index].elementCount).map { _ in Float.random(in: -9...9, using: &random) }
    }
    model.selfTest = SelfTest(tolerance: 0.5, inputs: inputs, outputs: outputs)
  }
}

/// Sebastiano Vigna's splitmix64: the same sequence everywhere.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
