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

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  /// Contexts that nobody uses right now, linked by `next`; `mutex` guards them.
  private var idle: RunContext?
  /// Whether the handle was closed, after which no context is kept; `mutex` guards it.
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
    var costs: [StepCost] = []
    for step in list.steps { costs.append(StepCost(step, graph)) }
    self.costs = costs
    threads = options.threads
    strings = ModelStrings(file.model)
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
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
    pthread_mutex_lock(mutex)
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
    pthread_mutex_unlock(mutex)
    if let candidate { return candidate }
    return try RunContext(self, batch: batch)
  }

  /// Contexts hold on to the engine, so idle ones are let go when the handle is closed.
  func giveBack(_ context: RunContext) {
    pthread_mutex_lock(mutex)
    if !isClosed {
      context.next = idle
      idle = context
    }
    pthread_mutex_unlock(mutex)
  }

  /// The handle was closed: frees every idle context.
  func close() {
    pthread_mutex_lock(mutex)
    isClosed = true
    var context = idle
    idle = nil
    pthread_mutex_unlock(mutex)
    // One by one: a list that is freed from its head would recurse as deep as it is long.
    while let current = context {
      context = current.next
      current.next = nil
    }
  }
}
