import CMTL

/// Some operators of a case in the layout of `mtlrt_module.h`, as the host keeps a step: it knows
/// the tensors of these operators and no others, and nobody can write to it.
final class CaseChain {
  let positions: Range<Int>
  /// Tensors of the graph, in the order of `mtlrt_chain.tensor`.
  let tensors: [Int]
  let pointer: UnsafePointer<mtlrt_chain>
  private let memory: GuardedMemory
  private let constants: ConstantMemory

  /// - Parameter threads: those that are said to run it.
  init(
    _ graph: CaseGraph, _ positions: Range<Int>, batch: Int, threads: Int = 1,
    _ constants: ConstantMemory
  ) {
    self.positions = positions
    self.constants = constants
    var tensors: [Int] = []
    for node in graph.nodes[positions] {
      for case let tensor? in node.inputs + [node.output] where !tensors.contains(tensor) {
        tensors.append(tensor)
      }
    }
    self.tensors = tensors
    let slots = graph.nodes[positions].reduce(0) { $0 + $1.inputs.count + $1.attributes.count }
    var layout = Layout(
      count: MemoryLayout<mtlrt_chain>.stride + positions.count * MemoryLayout<mtlrt_op>.stride
        + tensors.count * MemoryLayout<mtlrt_tensor>.stride + slots * 8)
    let chain = layout.take(mtlrt_chain.self, 1)
    let operators = layout.take(mtlrt_op.self, positions.count)
    let records = layout.take(mtlrt_tensor.self, tensors.count)
    for (index, node) in graph.nodes[positions].enumerated() {
      let attributes = layout.take(Int64.self, node.attributes.count)
      let inputs = layout.take(UInt32.self, node.inputs.count)
      for (i, slot) in node.attributes.enumerated() { attributes[i] = slot }
      for (i, input) in node.inputs.enumerated() {
        inputs[i] = input.map { UInt32(tensors.firstIndex(of: $0)!) } ?? MTLRT_ABSENT
      }
      operators[index] = mtlrt_op(
        code: node.row.code, n_in: UInt32(node.inputs.count),
        n_attr: UInt32(node.attributes.count),
        out: UInt32(tensors.firstIndex(of: node.output)!), in: inputs, attr: attributes)
    }
    for (index, tensor) in tensors.enumerated() {
      records[index] = Self.record(graph, tensor, positions, batch, constants)
    }
    chain.pointee = mtlrt_chain(
      size: UInt32(MemoryLayout<mtlrt_chain>.size), n_op: UInt32(positions.count),
      n_tensor: UInt32(tensors.count), batch: UInt32(batch), op: operators, tensor: records,
      threads: UInt32(threads), reserved: 0)
    pointer = UnsafePointer(chain)
    memory = layout.memory
    memory.setWritable(false)
  }

  /// Whether the step of the first `take` operators writes the tensor at `index` of `tensors`,
  /// which one of them computes.
  func writes(_ index: Int, taking take: Int) -> Bool {
    let last = pointer.pointee.tensor[index].last_reader
    return last == MTLRT_ABSENT || Int(last) >= take
  }

  private static func record(
    _ graph: CaseGraph, _ index: Int, _ positions: Range<Int>, _ batch: Int,
    _ constants: ConstantMemory
  ) -> mtlrt_tensor {
    let tensor = graph.tensors[index]
    var record = mtlrt_tensor()
    record.type = tensor.type.rawValue
    record.rank = UInt32(tensor.shape.count)
    withUnsafeMutableBytes(of: &record.dim) { raw in
      let dimensions = raw.bindMemory(to: UInt64.self)
      for (axis, size) in tensor.shape(batch: batch).enumerated() {
        dimensions[axis] = UInt64(size)
      }
    }
    record.data = constants.data(index)
    record.scale = constants.scale(index)
    record.last_reader = MTLRT_ABSENT
    if !tensor.isConstant, let last = graph.lastReader(index), positions.contains(last) {
      record.last_reader = UInt32(last - positions.lowerBound)
    }
    return record
  }

  /// Hands out pieces of one guarded block.
  private struct Layout {
    let memory: GuardedMemory
    private var used = 0

    init(count: Int) {
      memory = GuardedMemory(count: count, .beforeGuard, name: "the chain")
    }

    mutating func take<Element>(_: Element.Type, _ count: Int) -> UnsafeMutablePointer<Element> {
      let first = (memory.start + used).bindMemory(to: Element.self, capacity: max(count, 1))
      used += (count * MemoryLayout<Element>.stride + 7) / 8 * 8
      return first
    }
  }
}
