import CMTL
import MTLFormat
import MTLGraph
import Synchronization

/// Memory for one prediction at a time of `batch` images, and the prediction itself. Nothing is
/// allocated after it was made.
final class RunContext {
  let engine: Engine
  let batch: Int
  /// Times the steps of each run; nil unless somebody asked.
  private(set) var stopwatch: Stopwatch?

  private let layout: RunLayout
  private let stages: UnsafeMutableBufferPointer<Stage>
  private let lanes: UnsafeMutableBufferPointer<Unmanaged<Lane>>
  private let outputs: [Output]
  /// The caller's, for the run under way.
  private var inputs: UnsafePointer<UnsafeRawPointer?>!
  private var turn: UnsafeMutablePointer<mtl_pool_turn>!
  /// What the backend says about the failure of a run: written by the thread that notes the step.
  private var explanation = mtlrt_error()

  /// What the threads of a run tell one another, in cache lines of its own.
  private struct Progress: ~Copyable {
    private let before = InlineArray<8, UInt64>(repeating: 0)
    /// The stage under way in the upper half, how many of its parts are taken in the lower.
    let ticket = Atomic<UInt64>(0)
    /// Parts taken from the first on, and from the last back.
    let fromFirst = Atomic<UInt32>(0)
    let fromLast = Atomic<UInt32>(0)
    let finishedParts = Atomic<UInt32>(0)
    let failedStep = Atomic<Int>(-1)
    let isCancelled = Atomic<Bool>(false)
    private let after = InlineArray<8, UInt64>(repeating: 0)
  }

  private let progress = Progress()

  private struct Output {
    let bytes: Int
    /// nil where it is a view of an input.
    let home: UnsafeMutableRawPointer?
    let input: Int
  }

  /// - Parameter block: of a context that never runs at the same time; it will do if it is large
  ///   enough.
  static func make(
    _ engine: Engine, batch: Int, within block: LargeMemory? = nil
  ) throws(Status) -> RunContext {
    let reserve = try Reserve.add(forSections: engine.file.smallBytes)
    defer { withExtendedLifetime(reserve) {} }
    let layout = try RunLayout(engine, batch: batch, within: block)
    let context = RunContext(engine, layout, batch: batch)
    try Memory.check()
    return context
  }

  private init(_ engine: Engine, _ layout: RunLayout, batch: Int) {
    self.engine = engine
    self.batch = batch
    self.layout = layout
    stages = .allocate(capacity: layout.stages.count)
    _ = stages.initialize(from: layout.stages)
    lanes = .allocate(capacity: layout.lanes.count)
    _ = lanes.initialize(from: layout.lanes.map { Unmanaged.passUnretained($0) })
    let graph = engine.graph
    outputs = graph.model.outputs.map { tensor in
      Output(
        bytes: graph.byteCount(of: tensor) * batch, home: layout.result(of: tensor),
        input: graph.model.inputs.firstIndex(of: graph.schedule.storage[tensor]) ?? 0)
    }
  }

  var block: LargeMemory { layout.block }

  deinit {
    stages.deallocate()
    lanes.deallocate()
  }

  func timeSteps(_ on: Bool) throws(Status) {
    stopwatch = on ? try Stopwatch.make(steps: engine.costs.count, threads: engine.threads) : nil
  }

  /// From any thread; who waits for a turn gets to know as well.
  func cancel(_ on: Bool) {
    progress.isCancelled.store(on, ordering: .relaxed)
    if on { mtl_pool_nudge() }
  }

  var isCancelled: Bool { progress.isCancelled.load(ordering: .relaxed) }

  static let cancelled = Status(MTLRT_E_CANCELLED, "cancelled")

  /// One pointer per input and output of the graph, each to `batch` rows.
  func run(
    _ turn: UnsafeMutablePointer<mtl_pool_turn>,
    inputs: UnsafePointer<UnsafeRawPointer?>, outputs: UnsafePointer<UnsafeMutableRawPointer?>
  ) throws(Status) {
    self.inputs = inputs
    self.turn = turn
    for lane in layout.wholeLanes { lane.bind(first: 0, inputs: inputs) }
    stopwatch?.reset()
    progress.failedStep.store(-1, ordering: .relaxed)
    open(stage: 0)
    let this = Unmanaged.passUnretained(self)
    mtl_pool_run(
      UInt32(engine.threads),
      { context, thread in
        let run = Unmanaged<RunContext>.fromOpaque(context!).takeUnretainedValue()
        return run.work(thread: Int(thread)) ? 0 : 1
      }, this.toOpaque())
    if isCancelled { throw Self.cancelled }
    let failed = progress.failedStep.load(ordering: .relaxed)
    guard failed < 0 else {
      throw engine.runFailure(
        step: failed, withUnsafeMutablePointer(to: &explanation) { $0.message })
    }
    for (index, output) in self.outputs.enumerated() {
      let source = output.home.map { UnsafeRawPointer($0) } ?? inputs[output.input]!
      memcpy(outputs[index]!, source, output.bytes)
    }
  }

  /// The same for a model with one input: `output` has room for every output, one after the other.
  func run(
    _ turn: UnsafeMutablePointer<mtl_pool_turn>, input: UnsafeRawPointer,
    output: UnsafeMutableRawPointer
  ) throws(Status) {
    try withUnsafeTemporaryAllocation(
      of: UnsafeMutableRawPointer?.self, capacity: outputs.count
    ) { (targets) throws(Status) in
      var next = output
      for (index, output) in outputs.enumerated() {
        targets[index] = next
        next += output.bytes
      }
      var source: UnsafeRawPointer? = input
      try run(turn, inputs: &source, outputs: targets.baseAddress!)
    }
  }

  /// Takes part after part of the stage under way, whichever threads take part as well, until none
  /// is left. Whoever ends the last part of a stage opens the next. A helper returns before, with
  /// false, if other callers wait for its CPU.
  private func work(thread: Int) -> Bool {
    let worker = Worker(
      thread: thread, local: layout.locals + thread * layout.localStride, stopwatch: stopwatch)
    var waits = 0
    while true {
      let now = progress.ticket.load(ordering: .acquiring)
      let index = Int(now >> 32)
      if index >= stages.count { return true }
      let parts = stages[index].parts
      if UInt32(truncatingIfNeeded: now) >= parts {
        pause(&waits)
        continue
      }
      let isTaken = progress.ticket.compareExchange(
        expected: now, desired: now + 1, ordering: .acquiring
      ).exchanged
      guard isTaken else { continue }
      waits = 0
      let part = take(of: parts, thread)
      if !isOver { run(stages[index], part, worker) }
      let done = progress.finishedParts.add(1, ordering: .acquiringAndReleasing).newValue
      if done == parts { open(stage: index + 1) }
      mtl_pool_make_way()
      if thread == 0 { mtl_pool_yield(turn) } else if mtl_pool_is_wanted() != 0 { return false }
    }
  }

  private func open(stage: Int) {
    progress.finishedParts.store(0, ordering: .relaxed)
    progress.fromFirst.store(0, ordering: .relaxed)
    progress.fromLast.store(0, ordering: .relaxed)
    progress.ticket.store(UInt64(stage) << 32, ordering: .releasing)
  }

  /// A part for a thread that holds a ticket for one. Every other thread begins with the last ones:
  /// neighbouring parts read what neighbouring parts of the step before wrote, and find it in the
  /// cache of the core that wrote it.
  private func take(of parts: UInt32, _ thread: Int) -> UInt32 {
    if thread.isMultiple(of: 2) {
      return progress.fromFirst.add(1, ordering: .relaxed).oldValue
    }
    return parts - 1 - progress.fromLast.add(1, ordering: .relaxed).oldValue
  }

  /// A thread that takes part in a run.
  private struct Worker {
    let thread: Int
    let local: UnsafeMutableRawPointer
    let stopwatch: Stopwatch?
  }

  /// Whether what remains of the run is not wanted any more.
  private var isOver: Bool {
    progress.failedStep.load(ordering: .relaxed) >= 0 || isCancelled
  }

  private func run(_ stage: Stage, _ part: UInt32, _ worker: Worker) {
    switch stage.work {
    case .step(let step, let call):
      run(step, call, part..<(part + 1), index: stage.step, worker)
    case .bind(let lane, let first):
      lane._withUnsafeGuaranteedRef { $0.bind(first: first, inputs: inputs) }
    case .finish(let lane, let first):
      lane._withUnsafeGuaranteedRef { $0.finish(first: first, inputs: inputs) }
    case .chunks(let lane):
      lanes[lane + worker.thread]._withUnsafeGuaranteedRef { runChunk(Int(part), $0, worker) }
    }
  }

  /// Takes one chunk of images through a segment.
  private func runChunk(_ chunk: Int, _ lane: Lane, _ worker: Worker) {
    let plan = lane.plan
    lane.bind(first: chunk * plan.images, inputs: inputs)
    for stage in plan.stages {
      mtl_pool_make_way()
      run(
        stage, lane.call(stage), 0..<stage.parts, index: plan.steps.lowerBound + stage.step, worker)
    }
    lane.finish(first: chunk * plan.images, inputs: inputs)
  }

  /// Runs parts of a stage of step `index`.
  private func run(
    _ stage: SegmentPlan.Stage, _ call: UnsafePointer<mtlrt_call>, _ parts: Range<UInt32>,
    index: Int, _ worker: Worker
  ) {
    let start = worker.stopwatch == nil ? 0 : Stopwatch.now
    for part in parts where !isOver {
      if stage.run(call, stage.index, part, worker.local) != 0 {
        fail(stage, call, part, index: index, worker)
      }
    }
    worker.stopwatch?.add(Stopwatch.now - start, step: index, thread: worker.thread)
  }

  /// Notes the first failure of a run, and lets the backend say why.
  private func fail(
    _ stage: SegmentPlan.Stage, _ call: UnsafePointer<mtlrt_call>, _ part: UInt32, index: Int,
    _ worker: Worker
  ) {
    let isFirst = progress.failedStep.compareExchange(
      expected: -1, desired: index, ordering: .relaxed
    ).exchanged
    guard isFirst else { return }
    mtl_module_explain(
      engine.steps[index].backend.module, call, stage.index, part, worker.local, &explanation)
  }

  /// Waits a moment for the other threads' parts; gives the CPU away if that takes long, as another
  /// thread may need it to get on.
  private func pause(_ waits: inout Int) {
    waits += 1
    if waits % 256 == 0 { sched_yield() } else { mtl_cpu_relax() }
  }
}
