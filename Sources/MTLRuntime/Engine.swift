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
  let folder: PluginFolder
  let strings: ModelStrings
  /// Whether an image's results have the same bits in any batch.
  let isBatchInvariant: Bool

  private let pool: PoolUse
  private let packed: LargeMemory?
  /// What nobody uses right now; the pool's lock guards it.
  private var idleWorkspaces = IdleList<Workspace>()
  private var idleGatherings = IdleList<Gathering>()
  /// Whether the handle was closed, after which nothing is kept; the pool's lock guards it.
  private var isClosed = false

  /// A throwing initializer would leak the object: the runtime of Embedded Swift does not free one
  /// that is half made. So classes here are made by functions that throw before they make any.
  static func open(_ bytes: Bytes, _ options: Options) throws(Status) -> Engine {
    let file = try Reader.read(bytes)
    let reserve = try Reserve.add(forSections: file.smallBytes)
    defer { withExtendedLifetime(reserve) {} }
    try file.checkOperators()
    if options.verifies { try file.verifyHashes() }
    let folder = try PluginFolder.find(options.moduleDirectory)
    let choice = try BackendChoice(
      wanted: options.backends, folder: folder, strict: options.isStrict)
    if options.loadsImages { _ = try folder.imageModule() }
    let pool = PoolUse(cores: options.cores, threads: options.threads)
    let graph = try ExecutionGraph.make(file)
    let list = try StepList(graph, choice.backends)
    let packed = try Packing.pack(list.steps, graph, threads: options.threads)
    let strings = try ModelStrings(file.model)
    let engine = Engine(
      file, graph, folder, choice, list, pool, packed, strings, threads: options.threads)
    try Memory.check()
    return engine
  }

  private init(
    _ file: ModelFile, _ graph: ExecutionGraph, _ folder: PluginFolder, _ choice: BackendChoice,
    _ list: StepList, _ pool: PoolUse, _ packed: LargeMemory?, _ strings: ModelStrings, threads: Int
  ) {
    self.file = file
    self.graph = graph
    self.folder = folder
    self.choice = choice
    self.list = list
    self.pool = pool
    self.packed = packed
    self.strings = strings
    self.threads = threads
    costs = list.steps.map { StepCost($0, graph) }
    isBatchInvariant = list.steps.allSatisfy { $0.backend.isBatchInvariant }
  }

  var steps: [Step] { list.steps }

  /// - Parameter reason: what the backend says; may be empty.
  func runFailure(step: Int, _ reason: Message) -> Status {
    let node = graph.node(at: steps[step].positions.lowerBound)
    let backend = Message(utf8: steps[step].backend.name)
    let colon: Message = reason.isEmpty ? "" : ": "
    return Status(
      MTLRT_E_RUN, "node '\(node.name)': backend \(backend) failed\(colon)\(reason)")
  }

  // MARK: Memory that is used again

  /// An idle workspace, if possible one that this batch has been run in, or a new one.
  func borrowWorkspace(batch: Int) -> Workspace {
    mtl_pool_lock()
    let workspace =
      idleWorkspaces.take { $0.has(batch: batch) } ?? idleWorkspaces.take { _ in true }
    mtl_pool_unlock()
    if let workspace { return workspace }
    return Workspace(self)
  }

  func giveBack(_ workspace: Workspace) {
    mtl_pool_lock()
    if !isClosed { idleWorkspaces.add(workspace) }
    mtl_pool_unlock()
  }

  /// Memory to answer several callers together.
  func borrowGathering() throws(Status) -> Gathering {
    mtl_pool_lock()
    let gathering = idleGatherings.take { _ in true }
    mtl_pool_unlock()
    if let gathering { return gathering }
    return try Gathering.make(self)
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
    let (workspaces, gatherings) = (idleWorkspaces, idleGatherings)
    (idleWorkspaces, idleGatherings) = (IdleList(), IdleList())
    mtl_pool_unlock()
    workspaces.free()
    gatherings.free()
  }
}
