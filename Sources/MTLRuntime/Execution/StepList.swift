import CMTL
import MTLFormat
import MTLGraph

/// Which module runs which operators: each run of operators goes to the first backend, in order of
/// preference, that takes it.
struct StepList {
  /// Why a backend did not take an operator, for the report.
  struct Refusal {
    let position: Int
    let backend: Backend
    let reason: Message
  }

  private(set) var steps: [Step] = []
  private(set) var refusals: [Refusal] = []
  /// For each position in the schedule the step that it is part of.
  private var stepOfPosition: [Int] = []

  init(_ graph: ExecutionGraph, _ backends: [Backend]) throws(Status) {
    var position = 0
    while position < graph.schedule.nodes.count {
      try Memory.check()
      let step = try take(graph, backends, at: position)
      for _ in step.positions { stepOfPosition.append(steps.count) }
      steps.append(step)
      position = step.positions.upperBound
    }
  }

  /// The step that runs the operator at `position` of the schedule.
  func index(ofPosition position: Int) -> Int { stepOfPosition[position] }

  private mutating func take(
    _ graph: ExecutionGraph, _ backends: [Backend], at position: Int
  ) throws(Status) -> Step {
    let window = graph.window(from: position, limit: Int(MTLRT_SEQUENCE_MAX))
    let chain = ChainMemory(graph, positions: window, batch: 1)
    try Memory.check()
    for backend in backends {
      var error = mtlrt_error()
      if let plan = try backend.offer(chain, &error) {
        return try Step.make(graph, backend, position..<(position + Int(plan.take)))
      }
      let reason = withUnsafeMutablePointer(to: &error) { $0.message }
      refusals.append(Refusal(position: position, backend: backend, reason: reason))
    }
    let node = graph.node(at: position)
    let name = Operator(code: node.op)?.name ?? "?"
    throw Status(MTLRT_E_BACKEND, "node '\(node.name)': no backend runs \(name)")
  }
}
