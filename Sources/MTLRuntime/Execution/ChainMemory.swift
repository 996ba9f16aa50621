import CMTL
import MTLFormat
import MTLGraph

/// A chain of operators in the layout of `mtlrt_module.h`, with its memory.
final class ChainMemory {
  /// Tensors of the model, in the order of `mtlrt_chain.tensor`.
  let tensors: [Int]
  let pointer: UnsafeMutablePointer<mtlrt_chain>
  private let ops: UnsafeMutableBufferPointer<mtlrt_op>
  private let records: UnsafeMutableBufferPointer<mtlrt_tensor>
  private var lists: [UnsafeMutablePointer<UInt32>] = []
  private var slots: [UnsafeMutablePointer<Int64>] = []

  /// The operators at `positions` of the plan's schedule, for `batch` images at once.
  init(_ graph: ExecutionGraph, positions: Range<Int>, batch: Int) {
    var tensors: [Int] = []
    var places: [Int: Int] = [:]
    func place(_ tensor: Int) -> UInt32 {
      if let known = places[tensor] { return UInt32(known) }
      places[tensor] = tensors.count
      tensors.append(tensor)
      return UInt32(tensors.count - 1)
    }
    ops = .allocate(capacity: positions.count)
    pointer = .allocate(capacity: 1)
    for (index, position) in positions.enumerated() {
      let node = graph.node(at: position)
      let list = UnsafeMutablePointer<UInt32>.allocate(capacity: max(node.inputs.count, 1))
      for (i, input) in node.inputs.enumerated() {
        list[i] = input.map { place(graph.schedule.standIn[$0]) } ?? MTLRT_ABSENT
      }
      let attributes = UnsafeMutablePointer<Int64>.allocate(capacity: max(node.attributes.count, 1))
      for (i, slot) in node.attributes.enumerated() { attributes[i] = slot }
      lists.append(list)
      slots.append(attributes)
      ops.initializeElement(
        at: index,
        to: mtlrt_op(
          code: node.op, n_in: UInt32(node.inputs.count), n_attr: UInt32(node.attributes.count),
          out: place(node.output), in: list, attr: attributes))
    }
    records = .allocate(capacity: tensors.count)
    for (index, tensor) in tensors.enumerated() {
      records.initializeElement(
        at: index, to: Self.record(graph, tensor, positions: positions, batch: batch))
    }
    self.tensors = tensors
    pointer.initialize(
      to: mtlrt_chain(
        size: UInt32(MemoryLayout<mtlrt_chain>.size), n_op: UInt32(ops.count),
        n_tensor: UInt32(tensors.count), batch: UInt32(batch),
        op: UnsafePointer(ops.baseAddress), tensor: UnsafePointer(records.baseAddress),
        threads: 0, reserved: 0))
  }

  deinit {
    lists.forEach { $0.deallocate() }
    slots.forEach { $0.deallocate() }
    ops.deallocate()
    records.deallocate()
    pointer.deallocate()
  }

  private static func record(
    _ graph: ExecutionGraph, _ index: Int, positions: Range<Int>, batch: Int
  ) -> mtlrt_tensor {
    let tensor = graph.model.tensors[index]
    var record = mtlrt_tensor()
    record.type = tensor.type.rawValue
    record.rank = UInt32(tensor.shape.count)
    withUnsafeMutableBytes(of: &record.dim) { raw in
      let dimensions = raw.bindMemory(to: UInt64.self)
      for (i, dimension) in tensor.shape.enumerated() { dimensions[i] = UInt64(dimension) }
      if !tensor.isConstant { dimensions[0] *= UInt64(batch) }
    }
    record.data = tensor.data.flatMap { UnsafeRawPointer($0.baseAddress) }
    record.scale = tensor.scales.flatMap { UnsafePointer($0.baseAddress) }
    record.last_reader = MTLRT_ABSENT
    if !tensor.isConstant, let last = graph.lastReader(of: index), positions.contains(last) {
      record.last_reader = UInt32(last - positions.lowerBound)
    }
    return record
  }
}
