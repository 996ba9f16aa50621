import MTLFormat

/// Tensors that a pass adds to a model, and their memory.
public struct ConstantPool {
  /// Keeps the memory of every constant made here; whoever keeps the model keeps this.
  public private(set) var memory: [Bytes] = []

  public init() {}

  /// A f32 constant of `shape`, filled by `fill`.
  mutating func make(
    name: Name, shape: [Int], fill: (UnsafeMutableBufferPointer<Float>) -> Void
  ) throws(Status) -> Tensor {
    try Memory.check()
    let count = shape.reduce(1, *)
    let bytes = try Bytes.allocate(count * MemoryLayout<Float>.stride)
    fill(UnsafeMutableRawBufferPointer(mutating: bytes.view).bindMemory(to: Float.self))
    memory.append(bytes)
    return Tensor(name: name, shape: shape, data: bytes.view)
  }
}

extension Tensor {
  /// The elements of a f32 constant.
  var floats: UnsafeBufferPointer<Float> {
    guard let data else { return UnsafeBufferPointer(start: nil, count: 0) }
    return data.bindMemory(to: Float.self)
  }
}

extension Model {
  /// For each tensor, how many nodes and outputs read it.
  func readerCounts() -> [Int] {
    var counts = Array(repeating: 0, count: tensors.count)
    for node in nodes {
      for case let input? in node.inputs { counts[input] += 1 }
    }
    for output in outputs { counts[output] += 1 }
    return counts
  }

  mutating func append(_ tensor: Tensor) -> Int {
    tensors.append(tensor)
    return tensors.count - 1
  }
}
