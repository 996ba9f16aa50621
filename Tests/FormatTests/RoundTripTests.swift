import CMTL
import MTLFormat
import MTLGraph
import MTLWriter
import Testing

@Suite("Writer and reader")
struct RoundTripTests {
  @Test("what is written is read, and written again it is the same bytes", arguments: 0..<200)
  func roundTrip(_ seed: Int) throws {
    let made = try RandomModel(seed: UInt64(seed))
    try withExtendedLifetime(made) {
      let bytes = try Writer.encode(made.model)
      let file = try Reader.read(try bytes.withUnsafeBytes { try Bytes.copy(of: $0) })
      try withExtendedLifetime(file) {
        try file.checkOperators()
        try file.verifyHashes()
        expectEqual(file.model, made.model)
        let again = try Writer.encode(file.model)
        #expect(again == bytes)
      }
    }
  }

  @Test(
    "an accepted vector, read and written, is the same bytes",
    arguments: Vector.accepted.filter { vector in
      // What comes from later versions is not kept.
      !["minor", "optional-features", "unknown"].contains { vector.file.contains("accept/\($0)") }
    })
  func vectors(_ vector: Vector) throws {
    let bytes = try vector.read()
    let file = try Reader.read(try Bytes.map(path: vector.path))
    let again = try withExtendedLifetime(file) { try Writer.encode(file.model) }
    #expect(again == bytes)
  }

  @Test("the order of metadata does not matter")
  func metadataOrder() throws {
    var model = Self.relu
    model.metadata = [(key: "b", value: "2"), (key: "a", value: "1"), (key: "c", value: "")]
    var other = model
    other.metadata.reverse()
    let (first, second) = (try Writer.encode(model), try Writer.encode(other))
    #expect(first == second)
  }

  @Test("what breaks a rule is not written")
  func broken() throws {
    var model = Self.relu
    model.nodes[0].inputs = [1]
    expectCode(.readBeforeWritten, model)
    model = Self.relu
    model.tensors[0].shape = [1, -2]
    expectCode(.dimension, model)
    model = Self.relu
    model.tensors[0].shape = [2, 2]
    expectCode(.valueBatch, model)
    model = Self.relu
    model.metadata = [(key: "a", value: "1"), (key: "a", value: "2")]
    expectCode(.metadataOrder, model)
    model = Self.relu
    model.tensors[1].name = "x"
    expectCode(.tensorName, model)
    model = Self.relu
    [UInt8](repeating: 7, count: 32).withUnsafeBytes {
      let packed = PackedConstants(key: PackedKey($0), data: $0)
      model.packed = [packed, packed]
      expectCode(.packedOrder, model)
      model.packed = [PackedConstants(key: packed.key, data: .init(start: nil, count: 0))]
      expectCode(.packedLength, model)
    }
    model = Self.relu
    model.inputs = [-1]
    expectCode(MTLRT_E_ARGUMENT, model)
    model = Self.relu
    let byte: [Int8] = [1]
    byte.withUnsafeBytes {
      model.tensors.append(Tensor(name: "w", type: .i8, shape: [1], data: $0))
      expectCode(MTLRT_E_ARGUMENT, model)
      model.tensors[2].type = .f32
      expectCode(.dataLength, model)
    }
  }

  /// x (1, 2) → relu → y (1, 2).
  static var relu: Model {
    var model = Model()
    model.tensors = [Tensor(name: "x", shape: [1, 2]), Tensor(name: "y", shape: [1, 2])]
    model.nodes = [Node(op: 9, name: "n", inputs: [0], output: 1)]
    model.inputs = [0]
    model.outputs = [1]
    return model
  }

  /// `a` was read, `b` made.
  private func expectEqualPacked(_ a: Model, _ b: Model) {
    let made = b.packed.sorted { $0.key < $1.key }
    #expect(a.packed.map(\.key) == made.map(\.key))
    #expect(a.packed.map { Array($0.data) } == made.map { Array($0.data) })
    for constants in a.packed {
      #expect(a.packed(constants.key)?.baseAddress == constants.data.baseAddress)
      #expect(Int(bitPattern: constants.data.baseAddress) % 64 == 0)
      var other = constants.key.bytes
      other[31] ^= 1
      #expect(a.packed(other.withUnsafeBytes { PackedKey($0) }) == nil)
    }
  }

  private func expectCode(_ rule: Rule, _ model: Model) { expectCode(rule.code, model) }

  private func expectCode(_ code: Int, _ model: Model) {
    do throws(Status) {
      _ = try Writer.encode(model)
      Issue.record("written, though it breaks \(code)")
    } catch {
      #expect(error.code == Int32(code), "\(error.text)")
    }
  }

  private func expectEqual(_ a: Model, _ b: Model) {
    #expect(a.inputs == b.inputs)
    #expect(a.outputs == b.outputs)
    #expect(a.tensors.count == b.tensors.count)
    for (x, y) in zip(a.tensors, b.tensors) {
      #expect(x.name == y.name)
      #expect(x.type == y.type)
      #expect(x.shape == y.shape)
      #expect(x.data.map(Array.init) == y.data.map(Array.init))
      #expect(x.scales.map { $0.map(\.bitPattern) } == y.scales.map { $0.map(\.bitPattern) })
      if let data = x.data { #expect(Int(bitPattern: data.baseAddress) % 64 == 0) }
    }
    #expect(a.nodes.count == b.nodes.count)
    for (x, y) in zip(a.nodes, b.nodes) {
      #expect(x.op == y.op)
      #expect(x.name == y.name)
      #expect(x.inputs == y.inputs)
      #expect(x.output == y.output)
      #expect(x.attributes == y.attributes)
    }
    #expect(a.tasks.count == b.tasks.count)
    for (x, y) in zip(a.tasks, b.tasks) {
      #expect(x.name == y.name)
      #expect(x.labels == y.labels)
      #expect(x.isExclusive == y.isExclusive)
      #expect((x.output, x.first) == (y.output, y.first))
      #expect(x.threshold == y.threshold)
    }
    #expect(a.metadata.map(\.key) == b.metadata.map(\.key))
    #expect(a.metadata.map(\.value) == b.metadata.map(\.value))
    #expect(a.selfTest?.inputs == b.selfTest?.inputs)
    #expect(a.selfTest?.outputs == b.selfTest?.outputs)
    #expect(a.selfTest?.tolerance == b.selfTest?.tolerance)
    expectEqualPacked(a, b)
  }
}
