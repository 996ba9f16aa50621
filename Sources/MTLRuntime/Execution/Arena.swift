import CMTL
import MTLFormat
import MTLGraph

/// Which value lies where in the memory of a run. Offsets are for a batch of 1 (`MemoryPlan`).
struct Arena {
  let plan: MemoryPlan
  /// For each tensor the index of its buffer; nil for constants and for what steps keep to
  /// themselves.
  private let buffer: [Int?]

  init(_ graph: ExecutionGraph, _ steps: [Step]) throws(Status) {
    var lives = Array<Life?>(repeating: nil, count: graph.model.tensors.count)
    func end(of root: Int, from step: Int) -> Int {
      guard let last = graph.lastReader(of: root) else { return steps.count }
      return max(step, stepOf[last])
    }
    var stepOf = Array(repeating: 0, count: graph.schedule.nodes.count)
    for (index, step) in steps.enumerated() {
      for position in step.positions { stepOf[position] = index }
    }
    for input in graph.model.inputs {
      lives[input] = Life(owner: input, first: 0, last: end(of: input, from: 0), isInput: true)
    }
    for (index, step) in steps.enumerated() {
      for output in step.outputs(graph) {
        var life = Life(owner: output, first: index, last: end(of: output, from: index))
        if let source = Self.reusable(graph, step, at: index, lives) {
          life = Life(owner: source, first: lives[source]!.first, last: life.last)
          lives[source] = life
        }
        lives[output] = life
      }
    }
    var buffers: [MemoryPlan.Buffer] = []
    var owned = Array<Int?>(repeating: nil, count: lives.count)
    for (tensor, life) in lives.enumerated() {
      guard let life, life.owner == tensor else { continue }
      owned[tensor] = buffers.count
      buffers.append(
        MemoryPlan.Buffer(
          bytes: graph.byteCount(of: tensor), first: life.first, last: lives[tensor]!.last))
    }
    guard let plan = MemoryPlan(buffers) else {
      throw Status(MTLRT_E_MEMORY, "the model's values need more memory than can be addressed")
    }
    self.plan = plan
    buffer = graph.model.tensors.indices.map { tensor in
      lives[graph.schedule.storage[tensor]].flatMap { owned[$0.owner] }
    }
  }

  /// Where `tensor` begins for a batch of 1; nil if it has no memory here.
  func offset(of tensor: Int) -> Int? { buffer[tensor].map { plan.offsets[$0] } }

  /// When a value is in use, in steps, and whose buffer it has.
  private struct Life {
    var owner: Int
    var first: Int
    var last: Int
    /// The caller's memory may stand in for it: nothing is written there.
    var isInput = false
  }

  /// The owner of the buffer that a step may write its only result over: that of its first input,
  /// if the module allows it and nobody reads it later.
  private static func reusable(
    _ graph: ExecutionGraph, _ step: Step, at index: Int, _ lives: [Life?]
  ) -> Int? {
    let outputs = step.outputs(graph)
    guard step.plan.in_place != 0, outputs.count == 1,
      let input = graph.node(at: step.positions.lowerBound).inputs[0],
      case let root = graph.schedule.storage[input], let life = lives[root],
      let owner = lives[life.owner], owner.last == index, !owner.isInput,
      graph.byteCount(of: root) == graph.byteCount(of: outputs[0]),
      graph.byteCount(of: life.owner) == graph.byteCount(of: outputs[0]),
      graph.lastReader(of: root) != nil
    else { return nil }
    return life.owner
  }
}
