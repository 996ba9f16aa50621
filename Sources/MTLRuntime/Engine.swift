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

  private let pool: PoolUse
  private let packed: LargeMemory?
  /// Contexts that nobody uses right now, linked by `next`; the pool's lock guards them.
  private var idle: RunContext?
  /// Whether the handle was closed, after which no context is kept; the pool's lock guards it.
  private var isClosed = false

  init(_ bytes: Bytes, _ options: Options) throws(Status) {
    file = try Reader.read(bytes)
    try file.checkOperators()
    if options.verifies { try file.verifyHashes() }
    directory = try ModuleDirectory(named: options.moduleDirectory)
    choice = try BackendChoice(
      wanted: options.backends, directory: directory, strict: options.isStrict)
    graph = try ExecutionGraph(file)
    list = try StepList(graph, choice.backends)
    pool = PoolUse(cores: options.cores)
    packed = try Packing.pack(list.steps, threads: options.threads)
    var costs: [StepCost] = []
    for step in list.steps { costs.append(StepCost(step, graph)) }
    self.costs = costs
    threads = options.threads
    strings = ModelStrings(file.model)
  }

  var steps: [Step] { list.steps }

  func runFailure(step: Int) -> Status {
    let node = graph.node(at: steps[step].positions.lowerBound)
    let backend = Message(utf8: steps[step].backend.name)
    return Status(MTLRT_E_RUN, "node '\(node.name)': backend \(backend) failed")
  }

  // MARK: Idle contexts

  /// An idle context for this batch, or a new one.
  func borrow(batch: Int) throws(Status) -> RunContext {
    mtl_pool_lock()
    var previous: RunContext?
    var candidate = idle
    while let context = candidate, context.batch != batch {
      previous = context
      candidate = context.next
    }
    if let context = candidate {
      if let previous { previous.next = context.next } else { idle = context.next }
      context.next = nil
    }
    mtl_pool_unlock()
    if let candidate { return candidate }
    return try RunContext(self, batch: batch)
  }

  /// Contexts hold on to the engine, so idle ones are let go when the handle is closed.
  func giveBack(_ context: RunContext) {
    mtl_pool_lock()
    if !isClosed {
      context.next = idle
      idle = context
    }
    mtl_pool_unlock()
  }

  /// The handle was closed: frees every idle context.
  func close() {
    mtl_pool_lock()
    isClosed = true
    var context = idle
    idle = nil
    mtl_pool_unlock()
    // One by one: a list that is freed from its head would recurse as deep as it is long.
    while let current = context {
      context = current.next
      current.next = nil
    }
  }
}
