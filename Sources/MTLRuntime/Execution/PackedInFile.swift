import CMTL
import MTLFormat
import MTLGraph

// Constants that a module has packed before and that lie in the model file,
// spec/decisions/0026-packed-in-the-file.md.

extension Engine {
  /// How many steps found their packed constants in the file, of all that need any; nil where the
  /// file holds none.
  var packedSteps: (found: Int, all: Int)? {
    guard !file.model.packed.isEmpty else { return nil }
    let all = steps.filter { $0.plan.packed_bytes > 0 }
    return (all.filter { $0.isPackedInFile }.count, all.count)
  }
}

extension Step {
  /// Takes the step's packed constants from the file, if it holds them; returns whether it does.
  func takePacked(from graph: ExecutionGraph) -> Bool {
    guard let key = packedKey(graph), let data = graph.model.packed(key),
      UInt64(data.count) == plan.packed_bytes
    else { return false }
    packed = data.baseAddress
    isPackedInFile = true
    return true
  }

  /// Throws unless the file holds what the module would pack.
  func verifyPacked() throws(Status) {
    let count = Int(plan.packed_bytes)
    let memory = try LargeMemory.allocate(count)
    var error = mtlrt_error()
    let answer = pack(to: memory.start, &error)
    guard answer == Int32(MTLRT_MODULE_OK) else { throw packingFailed(answer, error) }
    guard memcmp(memory.start, packed!, count) == 0 else {
      let node = Message(cString: label.pointer)
      throw Status(
        MTLRT_E_VERIFY, "packed constants of node '\(node)' are not those of its weights")
    }
  }

  /// What the step's packed constants follow from: the module's file, the chain, and the
  /// constants, which the hash of their section and their places in it stand for. nil where the
  /// module does not let them be kept.
  func packedKey(_ graph: ExecutionGraph) -> PackedKey? {
    guard let identity = backend.packedIdentity else { return nil }
    var text = KeyText(graph.file)
    text.add(identity)
    let chain = chain.pointer.pointee
    text.add(UInt64(chain.n_op))
    for index in 0..<Int(chain.n_op) { text.add(chain.op[index]) }
    text.add(UInt64(chain.n_tensor))
    for index in 0..<Int(chain.n_tensor) { text.add(chain.tensor + index) }
    return text.bytes.withUnsafeBytes { bytes in
      SHA256.hash(bytes).withUnsafeBytes { PackedKey($0) }
    }
  }
}

/// What is hashed for a key. Every list begins with its length, so that no two chains give the same
/// text.
private struct KeyText {
  private(set) var bytes: [UInt8] = []
  /// The weights section, whose place in the file is not the same with a packed section.
  private let weights: UnsafeRawBufferPointer

  init(_ file: ModelFile) {
    let section = file.sections.first { $0.type == SectionType.weights.rawValue }
    let first = section?.offset ?? 0
    weights = UnsafeRawBufferPointer(
      rebasing: file.bytes.view[first..<first + (section?.length ?? 0)])
    add(section?.hash ?? [])
  }

  mutating func add(_ list: [UInt8]) {
    add(UInt64(list.count))
    bytes += list
  }

  mutating func add(_ op: mtlrt_op) {
    add(UInt64(op.code))
    add(UInt64(op.out))
    add(UInt64(op.n_in))
    for index in 0..<Int(op.n_in) { add(UInt64(op.in[index])) }
    add(UInt64(op.n_attr))
    for index in 0..<Int(op.n_attr) { add(UInt64(bitPattern: op.attr[index])) }
  }

  mutating func add(_ tensor: UnsafePointer<mtlrt_tensor>) {
    let (record, dimensions) = (tensor.pointee, mtl_tensor_dims(tensor)!)
    add(UInt64(record.type))
    add(UInt64(record.last_reader))
    add(UInt64(record.rank))
    for axis in 0..<Int(record.rank) { add(dimensions[axis]) }
    let elements = mtl_tensor_count(tensor, 0, Int(record.rank))
    add(record.data, elements * (ElementType(rawValue: record.type)?.byteCount ?? 0))
    add(record.scale, record.scale == nil ? 0 : Int(dimensions[0]) * 4)
  }

  /// Constants of the file by their place in its weights; those that the graph's passes have made
  /// by content.
  private mutating func add(_ data: UnsafeRawPointer?, _ count: Int) {
    guard let data else { return add(0) }
    let place = UInt(bitPattern: data) &- UInt(bitPattern: weights.baseAddress)
    if place < UInt(weights.count) {
      add(1)
      add(UInt64(place))
    } else {
      add(2)
      add(SHA256.hash(UnsafeRawBufferPointer(start: data, count: count)))
    }
  }

  mutating func add(_ number: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
    }
  }
}
