import CMTL
import MTLFormat
import MTLGraph

/// An open model: checked, its operators given to backends. Does not change any more; contexts
/// come and go.
final class Engine {
  let file: ModelFile
  let graph: ExecutionGraph
  let choice: BackendChoice
  let list: StepList
  /// What each step has to do.
  let costs: [StepCost]
  let threads: Int
  let directory: ModuleDirectory
  let strings: ModelStrings
  /// Whether an image's results have the same bits in any batch.
  let isBatchInvariant: Bool

  private let pool: PoolUse
  private let packed: LargeMemory?
  /// What nobody uses right now; the pool's lock guards it.
  private var idleContexts = IdleList<RunContext>()
  private var idleGatherings = IdleList<Gathering>()
  /// Whether the handle was closed, after which nothing is kept; the pool's lock guards it.
  private var isClosed = false

  init(_ bytes: Bytes, _ options: Options) throws(Status) {
    file = try Reader.read(bytes)
    try file.checkOperators()
    if options.verifies { try file.verifyHashes() }
    directory = try ModuleDirectory(named: options.moduleDirectory)
    choice = try BackendChoice(
      wanted: options.backends, directory: directory, strict: options.isStrict)
    pool = PoolUse(cores: options.cores, threads: options.threads)
    graph = try ExecutionGraph(file)
    list = try StepList(graph, choice.backends)
    packed = try Packing.pack(list.steps, graph, threads: options.threads)
    var costs: [StepCost] = []
    for step in list.steps { costs.append(StepCost(step, graph)) }
    self.costs = costs
    threads = options.threads
    isBatchInvariant = list.steps.allSatisfy { $0.backend.isBatchInvariant }
    strings = ModelStrings(file.model)
  }

  var steps: [Step] { list.steps }

  func runFailure(step: Int) -> Status {
    let node = graph.node(at: steps[step].positions.lowerBound)
    let backend = Message(utf8: steps[step].backend.name)
    return Status(MTLRT_E_RUN, "node '\(node.name)': backend \(backend) failed")
  }

  // MARK: Memory that is used again

  /// An idle context for this batch, or a new one.
  func borrow(batch: Int) throws(Status) -> RunContext {
    mtl_pool_lock()
    let context = idleContexts.take { $0.batch == batch }
    mtl_pool_unlock()
    if let context { return context }
    return try RunContext(self, batch: batch)
  }

  func giveBack(_ context: RunContext) {
    mtl_pool_lock()
    if !isClosed { idleContexts.add(context) }
    mtl_pool_unlock()
  }

  /// Memory to answer several callers together.
  func borrowGathering() throws(Status) -> Gathering {
    mtl_pool_lock()
    let gathering = idleGatherings.take { _ in true }
    mtl_pool_unlock()
    if let gathering { return gathering }
    return try Gathering(self)
  }

  func giveBack(_ gathering: Gathering) {
    mtl_pool_lock()
    if !isClosed { idleGatherings.add(gathering) }
    mtl_pool_unlock()
  }

  /// The handle was closed. What is idle holds on to the engine, so it is let go.
  func close() {
    mtl_pool_lock()
    isClosed = true
    let (contexts, gatherings) = (idleContexts, idleGatherings)
    (idleContexts, idleGatherings) = (IdleList(), IdleList())
    mtl_pool_unlock()
    contexts.free()
    gatherings.free()
  }
}
