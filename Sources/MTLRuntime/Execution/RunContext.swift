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

  private let memory: UnsafeMutableRawPointer
  private let locals: UnsafeMutableRawPointer
  private let localStride: Int
  private let chains: [ChainMemory]
  private let plans: UnsafeMutableBufferPointer<mtlrt_plan>
  private let calls: UnsafeMutableBufferPointer<mtlrt_call>
  private let values: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>
  private let stages: UnsafeMutableBufferPointer<Stage>
  private var slots: IOSlots
  /// Times the steps of each run; nil unless somebody asked.
  private(set) var stopwatch: Stopwatch?

  /// The stage under way in the upper half, its next part in the lower.
  private let ticket = Atomic<UInt64>(0)
  private let finishedParts = Atomic<UInt32>(0)
  private let failedStep = Atomic<Int>(-1)
  private let isCancelled = Atomic<Bool>(false)

  /// All parts of a stage end before the next stage begins.
  private struct Stage {
    let step: Int
    let index: UInt32
    let parts: UInt32
    let run: @convention(c) (
      UnsafePointer<mtlrt_call>?, UInt32, UInt32, UnsafeMutableRawPointer?
    ) -> Int32
  }

  init(_ engine: Engine, batch: Int) throws(Status) {
    var layout = RunLayout(engine, batch: batch)
    try layout.plan()
    self.engine = engine
    self.batch = batch
    chains = layout.chains
    memory = try layout.allocate()
    locals = memory + layout.localOffset
    localStride = layout.localStride
    plans = .allocate(capacity: layout.plans.count)
    _ = plans.initialize(from: layout.plans)
    values = .allocate(capacity: chains.reduce(0) { $0 + $1.tensors.count })
    calls = .allocate(capacity: chains.count)
    slots = IOSlots(engine, batch: batch, memory: memory)
    var stageList: [Stage] = []
    var firstValue = 0
    for (index, step) in engine.steps.enumerated() {
      let chain = chains[index]
      let pointers = values.baseAddress! + firstValue
      for (i, tensor) in chain.tensors.enumerated() {
        (pointers + i).initialize(to: engine.address(of: tensor, in: memory, batch: batch))
        slots.note(tensor, at: pointers + i)
      }
      firstValue += chain.tensors.count
      calls.initializeElement(
        at: index,
        to: mtlrt_call(
          self: step.backend.instance, chain: UnsafePointer(chain.pointer),
          plan: UnsafePointer(plans.baseAddress! + index), packed: step.packed?.view.baseAddress,
          scratch: memory + layout.scratchOffset, value: UnsafePointer(pointers)))
      let run = step.backend.module.pointee.run!
      for stage in 0..<Int(plans[index].stages) {
        let parts = withUnsafeBytes(of: plans[index].parts) {
          $0.bindMemory(to: UInt32.self)[stage]
        }
        guard parts > 0 else { continue }
        stageList.append(Stage(step: index, index: UInt32(stage), parts: parts, run: run))
      }
    }
    stages = .allocate(capacity: stageList.count)
    _ = stages.initialize(from: stageList)
    mtl_pool_retain()
  }

  deinit {
    mtl_pool_release()
    free(memory)
    plans.deallocate()
    calls.deallocate()
    values.deallocate()
    stages.deallocate()
  }

  func timeSteps(_ on: Bool) {
    stopwatch = on ? Stopwatch(steps: chains.count, threads: engine.threads) : nil
  }

  func cancel(_ on: Bool) { isCancelled.store(on, ordering: .relaxed) }

  /// One pointer per input and output of the graph, each to `batch` rows.
  func run(
    inputs: UnsafePointer<UnsafeRawPointer?>, outputs: UnsafePointer<UnsafeMutableRawPointer?>
  ) throws(Status) {
    slots.bind(inputs)
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
    slots.copy(to: outputs)
  }

  /// Takes part after part of the stage under way, whichever threads take part as well, until none
  /// is left. Whoever ends the last part of a stage opens the next.
  private func work(thread: Int) {
    let local = locals + thread * localStride
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
      if let stopwatch {
        let start = Stopwatch.now
        run(stages[index], part, local)
        stopwatch.add(Stopwatch.now - start, step: stages[index].step, thread: thread)
      } else {
        run(stages[index], part, local)
      }
      let done = finishedParts.add(1, ordering: .acquiringAndReleasing).newValue
      if done == stages[index].parts {
        finishedParts.store(0, ordering: .relaxed)
        ticket.store(UInt64(index + 1) << 32, ordering: .releasing)
      }
    }
  }

  private func run(_ stage: Stage, _ part: UInt32, _ local: UnsafeMutableRawPointer) {
    guard failedStep.load(ordering: .relaxed) < 0, !isCancelled.load(ordering: .relaxed) else {
      return
    }
    if stage.run(calls.baseAddress! + stage.step, stage.index, part, local) != 0 {
      failedStep.store(stage.step, ordering: .relaxed)
    }
  }

  /// Waits a moment for the other threads' parts; gives the CPU away if that takes long, as another
  /// thread may need it to get on.
  private func pause(_ waits: inout Int) {
    waits += 1
    if waits % 256 == 0 { sched_yield() } else { mtl_cpu_relax() }
  }
}
