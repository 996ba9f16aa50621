import CMTL
import MTLFormat
import MTLGraph
import Synchronization

/// Memory for one prediction at a time of `batch` images, and the prediction itself. Nothing is
/// allocated after it was made.
final class RunContext {
  let engine: Engine
  let batch: Int
  /// The next context of the engine's list of idle ones.
  var next: RunContext?
  /// Times the steps of each run; nil unless somebody asked.
  private(set) var stopwatch: Stopwatch?

  private let layout: RunLayout
  private let stages: UnsafeMutableBufferPointer<Stage>
  private let lanes: UnsafeMutableBufferPointer<Unmanaged<Lane>>
  private let outputs: [Output]
  /// The caller's, for the run under way.
  private var inputs: UnsafePointer<UnsafeRawPointer?>!

  /// The stage under way in the upper half, its next part in the lower.
  private let ticket = Atomic<UInt64>(0)
  private let finishedParts = Atomic<UInt32>(0)
  private let failedStep = Atomic<Int>(-1)
  private let isCancelled = Atomic<Bool>(false)

  private struct Output {
    let bytes: Int
    /// nil where it is a view of an input.
    let home: UnsafeMutableRawPointer?
    let input: Int
  }

  init(_ engine: Engine, batch: Int) throws(Status) {
    let layout = try RunLayout(engine, batch: batch)
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
    mtl_pool_retain()
  }

  deinit {
    mtl_pool_release()
    free(layout.memory)
    stages.deallocate()
    lanes.deallocate()
  }

  func timeSteps(_ on: Bool) {
    stopwatch = on ? Stopwatch(steps: engine.costs.count, threads: engine.threads) : nil
  }

  func cancel(_ on: Bool) { isCancelled.store(on, ordering: .relaxed) }

  /// One pointer per input and output of the graph, each to `batch` rows.
  func run(
    inputs: UnsafePointer<UnsafeRawPointer?>, outputs: UnsafePointer<UnsafeMutableRawPointer?>
  ) throws(Status) {
    self.inputs = inputs
    for lane in layout.wholeLanes { lane.bind(first: 0, inputs: inputs) }
    stopwatch?.reset()
    failedStep.store(-1, ordering: .relaxed)
    finishedParts.store(0, ordering: .relaxed)
    ticket.store(0, ordering: .releasing)
    let this = Unmanaged.passUnretained(self)
    mtl_pool_run(
      UInt32(engine.threads),
      { context, thread in
        Unmanaged<RunContext>.fromOpaque(context!).takeUnretainedValue().work(thread: Int(thread))
      }, this.toOpaque())
    if isCancelled.load(ordering: .relaxed) {
      throw Status(MTLRT_E_CANCELLED, "cancelled")
    }
    let failed = failedStep.load(ordering: .relaxed)
    guard failed < 0 else { throw engine.runFailure(step: failed) }
    for (index, output) in self.outputs.enumerated() {
      let source = output.home.map { UnsafeRawPointer($0) } ?? inputs[output.input]!
      memcpy(outputs[index]!, source, output.bytes)
    }
  }

  /// Takes part after part of the stage under way, whichever threads take part as well, until none
  /// is left. Whoever ends the last part of a stage opens the next.
  private func work(thread: Int) {
    let worker = Worker(
      thread: thread, local: layout.locals + thread * layout.localStride, stopwatch: stopwatch)
    var waits = 0
    while true {
      let now = ticket.load(ordering: .acquiring)
      let index = Int(now >> 32)
      if index >= stages.count { return }
      let part = UInt32(truncatingIfNeeded: now)
      if part >= stages[index].parts {
        pause(&waits)
        continue
      }
      guard ticket.compareExchange(expected: now, desired: now + 1, ordering: .acquiring).exchanged
      else { continue }
      waits = 0
      if !isOver { run(stages[index], part, worker) }
      let done = finishedParts.add(1, ordering: .acquiringAndReleasing).newValue
      if done == stages[index].parts {
        finishedParts.store(0, ordering: .relaxed)
        ticket.store(UInt64(index + 1) << 32, ordering: .releasing)
      }
    }
  }

  /// A thread that takes part in a run.
  private struct Worker {
    let thread: Int
    let local: UnsafeMutableRawPointer
    let stopwatch: Stopwatch?
  }

  /// Whether what remains of the run is not wanted any more.
  private var isOver: Bool {
    failedStep.load(ordering: .relaxed) >= 0 || isCancelled.load(ordering: .relaxed)
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
        failedStep.store(index, ordering: .relaxed)
      }
    }
    worker.stopwatch?.add(Stopwatch.now - start, step: index, thread: worker.thread)
  }

  /// Waits a moment for the other threads' parts; gives the CPU away if that takes long, as another
  /// thread may need it to get on.
  private func pause(_ waits: inout Int) {
    waits += 1
    if waits % 256 == 0 { sched_yield() } else { mtl_cpu_relax() }
  }
}
