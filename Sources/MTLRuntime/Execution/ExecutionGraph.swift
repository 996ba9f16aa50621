import CMTL
import MTLFormat
import MTLGraph

/// A checked model made ready to run: passes applied, operators in order, readers known.
final class ExecutionGraph {
  let file: ModelFile
  let model: Model
  let schedule: Schedule
  private let constants: ConstantPool
  /// For each tensor's memory the last position in the schedule that reads it; nil where it is read
  /// after the run, being an output.
  private let lastReads: [Int?]
  /// For each tensor the position that computes it, where one does.
  let producer: [Int?]

  private init(
    _ file: ModelFile, _ model: Model, _ constants: ConstantPool, _ schedule: Schedule,
    producer: [Int?], lastReads: [Int?]
  ) {
    self.file = file
    self.model = model
    self.constants = constants
    self.schedule = schedule
    self.producer = producer
    self.lastReads = lastReads
  }

  static func make(_ file: ModelFile) throws(Status) -> ExecutionGraph {
    var model = file.model
    var constants = ConstantPool()
    try replaceBatchNorms(in: &model, constants: &constants)
    try foldScaleShifts(in: &model, constants: &constants)
    let schedule = Schedule(model)
    try Memory.check()
    var producer = Array<Int?>(repeating: nil, count: model.tensors.count)
    var lastReads = Array<Int?>(repeating: 0, count: model.tensors.count)
    for (position, index) in schedule.nodes.enumerated() {
      let node = model.nodes[index]
      producer[node.output] = position
      for case let input? in node.inputs { lastReads[schedule.storage[input]] = position }
    }
    for output in model.outputs { lastReads[schedule.storage[output]] = nil }
    try Memory.check()
    return ExecutionGraph(
      file, model, constants, schedule, producer: producer, lastReads: lastReads)
  }

  func node(at position: Int) -> Node { model.nodes[schedule.nodes[position]] }

  func lastReader(of tensor: Int) -> Int? { lastReads[schedule.storage[tensor]] }

  /// Positions from `start` that a module may be offered as one chain, at most `limit` of them. It
  /// ends before an operator that reads a reshaped view of a result of the chain, as the contract
  /// has no way to say that two tensors are the same memory.
  func window(from start: Int, limit: Int) -> Range<Int> {
    var end = start
    while end < schedule.nodes.count, end - start < limit {
      let readsView = node(at: end).inputs.contains { input in
        guard let input else { return false }
        let standIn = schedule.standIn[input]
        let owner = schedule.storage[input]
        guard standIn != owner, let position = producer[owner] else { return false }
        return (start..<end).contains(position)
      }
      if readsView { break }
      end += 1
    }
    return start..<end
  }

  /// Bytes of a value for a batch of 1.
  func byteCount(of tensor: Int) -> Int {
    model.tensors[tensor].elementCount * MemoryLayout<Float>.stride
  }
}
