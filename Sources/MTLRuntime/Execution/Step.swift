import CMTL
import MTLFormat
import MTLGraph

/// Some operators in a row that one module runs as one step, planned for a batch of 1.
final class Step {
  let backend: Backend
  /// Positions in the schedule.
  let positions: Range<Int>
  let chain: ChainMemory
  let plan: mtlrt_plan
  /// The step's constants in the module's own layout; nil where it needs none. They are in the
  /// file, or in memory that the engine keeps, at `packedOffset`.
  var packed: UnsafeRawPointer?
  var packedOffset = 0
  var isPackedInFile = false
  /// The names of its nodes, joined by "+".
  let label: CString

  private init(
    _ backend: Backend, _ positions: Range<Int>, _ chain: ChainMemory, _ plan: mtlrt_plan,
    label: CString
  ) {
    self.backend = backend
    self.positions = positions
    self.chain = chain
    self.plan = plan
    self.label = label
  }

  /// `positions` is what the module takes.
  static func make(
    _ graph: ExecutionGraph, _ backend: Backend, _ positions: Range<Int>
  ) throws(Status) -> Step {
    let chain = ChainMemory(graph, positions: positions, batch: 1)
    let label = CString(
      Array(positions.map { graph.node(at: $0).name.utf8 }.joined(separator: [UInt8(ascii: "+")])))
    try Memory.check()
    var error = mtlrt_error()
    let plan = try backend.plan(chain, taking: positions.count, &error)
    return Step(backend, positions, chain, plan, label: label)
  }

  /// Fills `target` with the step's constants; returns the plugin's answer. Allocates nothing.
  func pack(to target: UnsafeMutableRawPointer, _ error: inout mtlrt_error) -> Int32 {
    guard let pack = backend.module.pointee.pack else { return Int32(MTLRT_MODULE_NO) }
    var plan = plan
    return pack(backend.instance, chain.pointer, &plan, target, &error)
  }

  /// What is reported of a step for which `pack` has answered so.
  func packingFailed(_ answer: Int32, _ error: mtlrt_error) -> Status {
    guard backend.module.pointee.pack != nil else {
      return backend.failure("it asks for packed constants but cannot pack")
    }
    return backend.failure(answer, error)
  }

  /// The tensors whose memory this step writes: results that somebody after the step reads.
  func outputs(_ graph: ExecutionGraph) -> [Int] {
    positions.map { graph.node(at: $0).output }.filter { tensor in
      guard let last = graph.lastReader(of: tensor) else { return true }
      return !positions.contains(last)
    }
  }

  /// The tensors that this step reads and does not compute itself.
  func inputs(_ graph: ExecutionGraph) -> [Int] {
    chain.tensors.filter { tensor in
      guard !graph.model.tensors[tensor].isConstant else { return false }
      return graph.producer[tensor].map { !positions.contains($0) } ?? true
    }
  }
}

extension Backend {
  func failure(_ what: Message) -> Status {
    Status(MTLRT_E_BACKEND, "backend \(Message(utf8: name)): \(what)")
  }

  /// What is reported where one of its functions has answered so.
  func failure(_ answer: Int32, _ error: mtlrt_error) -> Status {
    if answer == Int32(MTLRT_MODULE_NO_MEMORY) { return .outOfMemory }
    var error = error
    return failure(withUnsafeMutablePointer(to: &error) { $0.message })
  }

  /// What the module would take of the beginning of `chain`; nil if nothing, with its reason left
  /// in `error`.
  func offer(_ chain: ChainMemory, _ error: inout mtlrt_error) throws(Status) -> mtlrt_plan? {
    var plan = mtlrt_plan()
    plan.size = UInt32(MemoryLayout<mtlrt_plan>.size)
    error = mtlrt_error()
    let answer = module.pointee.plan!(instance, chain.pointer, &plan, &error)
    if answer == Int32(MTLRT_MODULE_NO) { return nil }
    guard answer == Int32(MTLRT_MODULE_OK) else { throw failure(answer, error) }
    guard plan.take >= 1, plan.take <= chain.pointer.pointee.n_op,
      plan.stages >= 1, plan.stages <= UInt32(MTLRT_STAGES_MAX)
    else { throw failure("its plan takes \(plan.take) operators in \(plan.stages) stages") }
    return plan
  }

  /// The plan for a chain of which the module is known to take everything.
  func plan(
    _ chain: ChainMemory, taking count: Int, _ error: inout mtlrt_error
  ) throws(Status) -> mtlrt_plan {
    guard let plan = try offer(chain, &error), plan.take == UInt32(count) else {
      throw failure("it does not take again what it took before")
    }
    return plan
  }
}
