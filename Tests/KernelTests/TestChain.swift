import CMTL

/// The C form of a graph for one batch, as the host keeps it. Constants lie in guarded memory.
final class TestChain {
  let graph: TestGraph
  let batch: Int
  private let tensors: UnsafeMutablePointer<mtlrt_tensor>
  private let operators: UnsafeMutablePointer<mtlrt_op>
  private let chain = UnsafeMutablePointer<mtlrt_chain>.allocate(capacity: 1)
  private var constants: [GuardedBuffer] = []
  private var lists: [UnsafeMutableRawPointer] = []

  init(_ graph: TestGraph, batch: Int, tight: Bool) {
    self.graph = graph
    self.batch = batch
    tensors = .allocate(capacity: graph.tensors.count)
    operators = .allocate(capacity: graph.nodes.count)
    for (index, tensor) in graph.tensors.enumerated() {
      tensors[index] = mtlrt_tensor()
      tensors[index].type = UInt32(tensor.type)
      tensors[index].rank = UInt32(tensor.shape.count)
      withUnsafeMutableBytes(of: &tensors[index].dim) { bytes in
        let dims = bytes.bindMemory(to: UInt64.self)
        for (axis, size) in shape(index).enumerated() { dims[axis] = UInt64(size) }
      }
      if tensor.isConstant { place(tensor, index, tight) }
    }
    for (index, node) in graph.nodes.enumerated() {
      operators[index] = mtlrt_op(
        code: UInt32(node.row.code), n_in: UInt32(node.inputs.count),
        n_attr: UInt32(node.attributes.count), out: UInt32(node.output),
        in: list(node.inputs.map { $0.map { UInt32($0) } ?? MTLRT_ABSENT }),
        attr: list(node.attributes))
    }
  }

  deinit {
    lists.forEach { $0.deallocate() }
    tensors.deallocate()
    operators.deallocate()
    chain.deallocate()
  }

  /// Shape of a tensor, with the batch.
  func shape(_ index: Int) -> [Int] {
    let tensor = graph.tensors[index]
    guard !tensor.isConstant else { return tensor.shape }
    return [tensor.shape[0] * batch] + tensor.shape.dropFirst()
  }

  /// The chain that starts at node `first` and has `count` operators.
  func from(_ first: Int, count: Int) -> UnsafePointer<mtlrt_chain> {
    for index in graph.tensors.indices {
      let readers = graph.nodes.indices.filter { graph.nodes[$0].inputs.contains(index) }
      let inChain = first..<first + count
      let isObserved = graph.observed.contains(index) || readers.isEmpty
      let leaves = isObserved || readers.contains { !inChain.contains($0) }
      tensors[index].last_reader = leaves ? MTLRT_ABSENT : UInt32(readers.max()! - first)
    }
    chain.pointee = mtlrt_chain(
      size: UInt32(MemoryLayout<mtlrt_chain>.size), n_op: UInt32(count),
      n_tensor: UInt32(graph.tensors.count), batch: UInt32(batch), op: operators + first,
      tensor: tensors, threads: 2, reserved: 0)
    return UnsafePointer(chain)
  }

  /// Whether the step of `count` operators from `first` on must write `tensor`.
  func writes(_ tensor: Int, first: Int, count: Int) -> Bool {
    let last = tensors[tensor].last_reader
    return last == MTLRT_ABSENT || last >= count
  }

  private func place(_ tensor: TestTensor, _ index: Int, _ tight: Bool) {
    let buffer = GuardedBuffer(count: tensor.stored.count, tight: tight)
    buffer.start.copyMemory(from: tensor.stored, byteCount: tensor.stored.count)
    constants.append(buffer)
    tensors[index].data = UnsafeRawPointer(buffer.start)
    if !tensor.scales.isEmpty { tensors[index].scale = list(tensor.scales) }
  }

  private func list<Element>(_ elements: [Element]) -> UnsafePointer<Element>? {
    guard !elements.isEmpty else { return nil }
    let copy = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
    copy.initialize(from: elements, count: elements.count)
    lists.append(copy)
    return UnsafePointer(copy)
  }
}
