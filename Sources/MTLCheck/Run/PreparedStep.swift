import CMTL

/// Some operators of a case that one module runs as one step: planned, and packed twice.
struct PreparedStep {
  let runner: ModuleUnderTest
  /// Whether the module under test runs it, rather than the scalar one in its place.
  let isTaken: Bool
  /// For a batch of 1 and one thread, as it is packed.
  let single: Cut
  /// For the case's batch, one for each count of threads.
  let cuts: [Cut]
  /// Two copies, of which one ends and the other begins at a guard page, and random bytes if the
  /// module's packed constants may come from a file; none if nothing is packed.
  let packed: [GuardedMemory]
  static let randomPacking = 2
  var hasRandomPacking: Bool { packed.count > Self.randomPacking }

  /// The step as it is planned for so many threads.
  struct Cut {
    let threads: Int
    let chain: CaseChain
    let plan: mtlrt_plan
  }

  func cut(for threads: Int) -> Cut { cuts.first { $0.threads == threads }! }

  var positions: Range<Int> { cuts[0].chain.positions }

  /// The step at node `first` of the case: what the module takes, else one operator by scalar.
  /// `refused` hears why.
  init(
    _ module: ModuleUnderTest, _ data: CaseData, _ constants: ConstantMemory, at first: Int,
    threads: [Int], refused: (String) -> Void
  ) throws(Defect) {
    let graph = data.graph
    let end = min(graph.nodes.count, first + Int(MTLRT_SEQUENCE_MAX))
    let offer = CaseChain(graph, first..<end, batch: 1, constants)
    var runner = module
    var taken: mtlrt_plan?
    switch try module.plan(offer) {
    case .takes(let plan): taken = plan
    case .refuses(let reason):
      refused(reason)
      runner = .scalar
    }
    isTaken = taken != nil
    self.runner = runner
    let positions = first..<(first + Int(taken?.take ?? 1))
    let one = CaseChain(graph, positions, batch: 1, constants)
    let plan: mtlrt_plan
    if let taken {
      plan = try runner.planAgain(one, like: taken, "alone")
    } else if case .takes(let scalarPlan) = try runner.plan(one) {
      plan = scalarPlan
    } else {
      throw Defect("the scalar backend refuses \(graph.nodes[first].row.name)")
    }
    guard try runner.planAgain(one, like: plan, "again").isSame(as: plan) else {
      throw Defect("plan gives another plan for the same operators")
    }
    single = Cut(threads: 1, chain: one, plan: plan)
    packed = try Self.pack(runner, one, plan)
    cuts = try threads.map { (threads) throws(Defect) in
      let chain = CaseChain(graph, positions, batch: data.batch, threads: threads, constants)
      let what = "for a batch of \(data.batch) and \(threads) threads"
      return Cut(
        threads: threads, chain: chain, plan: try runner.planAgain(chain, like: plan, what))
    }
    // The last chain that it sees ends at once: whoever kept a pointer to it is found out.
    let last = CaseChain(graph, positions, batch: data.batch, constants)
    _ = try runner.planAgain(last, like: plan, "once more")
  }

  private static func pack(
    _ runner: ModuleUnderTest, _ chain: CaseChain, _ plan: mtlrt_plan
  ) throws(Defect) -> [GuardedMemory] {
    guard plan.packed_bytes > 0 else { return [] }
    let patterns: [(GuardedMemory.Placement, Poison)] = [
      (.beforeGuard, .first), (.afterGuard, .second),
    ]
    var copies: [GuardedMemory] = []
    for (placement, poison) in patterns {
      let memory = GuardedMemory(
        count: Int(plan.packed_bytes), placement, name: "packed constants")
      memory.poison(poison)
      try pack(runner, chain, plan, to: memory)
      memory.setWritable(false)
      copies.append(memory)
    }
    try compare(copies[0], copies[1])
    if runner.isPackedLasting { copies.append(randomBytes(Int(plan.packed_bytes))) }
    return copies
  }

  static func pack(
    _ runner: ModuleUnderTest, _ chain: CaseChain, _ plan: mtlrt_plan, to memory: GuardedMemory
  ) throws(Defect) {
    var (plan, error) = (plan, mtlrt_error())
    let verdict = try keepingFloatState("pack") {
      runner.module.pack!(runner.instance, chain.pointer, &plan, memory.start, &error)
    }
    guard verdict == 0 else {
      throw Defect("pack answers \(verdict): \(try error.reason("pack"))")
    }
    guard memory.isIntact else { throw Defect("pack writes beyond the packed constants") }
  }

  private static func randomBytes(_ count: Int) -> GuardedMemory {
    let memory = GuardedMemory(count: count, .beforeGuard, name: "random packed constants")
    var random = RandomNumbers(UInt64(count))
    for index in 0..<count {
      memory.start.storeBytes(
        of: UInt8(truncatingIfNeeded: random.next()), toByteOffset: index, as: UInt8.self)
    }
    memory.setWritable(false)
    return memory
  }

  /// Bytes are the same, or both are as they were before.
  static func compare(_ a: GuardedMemory, _ b: GuardedMemory) throws(Defect) {
    for (index, (x, y)) in zip(a.bytes, b.bytes).enumerated() where x != y {
      let shift = 8 * UInt32(index & 3)
      let isUnwritten =
        x == UInt8(truncatingIfNeeded: Poison.first.rawValue >> shift)
        && y == UInt8(truncatingIfNeeded: Poison.second.rawValue >> shift)
      guard isUnwritten else {
        throw Defect("pack writes something else the second time, at byte \(index)")
      }
    }
  }

  /// The values that the step writes.
  func outputs(_ graph: CaseGraph) -> [Int] {
    graph.nodes[positions].map { $0.output }.filter { tensor in
      let chain = cuts[0].chain
      return chain.writes(chain.tensors.firstIndex(of: tensor)!, taking: positions.count)
    }
  }

  /// The values that the step reads and does not compute itself.
  func inputs(_ graph: CaseGraph) -> [Int] {
    let made = graph.nodes[positions].map { $0.output }
    return cuts[0].chain.tensors.filter { !graph.tensors[$0].isConstant && !made.contains($0) }
  }

  /// The input whose buffer the step's only result may be written to; nil if there is none.
  func sharedInput(_ graph: CaseGraph, _ cut: Cut) -> Int? {
    let outputs = outputs(graph)
    guard cut.plan.in_place != 0, outputs.count == 1,
      let input = graph.nodes[positions.lowerBound].inputs[0], !graph.tensors[input].isConstant,
      graph.tensors[input].count == graph.tensors[outputs[0]].count,
      let last = graph.lastReader(input), positions.contains(last)
    else { return nil }
    return input
  }
}
