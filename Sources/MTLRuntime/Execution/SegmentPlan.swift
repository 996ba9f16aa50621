import CMTL
import MTLFormat
import MTLGraph

/// A segment planned for so many images at once: what every thread that runs it shares.
final class SegmentPlan {
  /// All parts of a stage end before the next stage begins.
  struct Stage {
    /// Index of the step within the segment.
    let step: Int
    let index: UInt32
    let parts: UInt32
    let run: Run
  }

  typealias Run = @convention(c) (
    UnsafePointer<mtlrt_call>?, UInt32, UInt32, UnsafeMutableRawPointer?
  ) -> Int32

  let engine: Engine
  let steps: Range<Int>
  let images: Int
  let arena: Arena
  let chains: [ChainMemory]
  let plans: UnsafeMutableBufferPointer<mtlrt_plan>
  /// Every stage of every step, in order.
  let stages: [Stage]
  /// The most that any step needs, padded.
  let scratchBytes, localBytes: Int

  private init(
    _ engine: Engine, _ steps: Range<Int>, _ arena: Arena, images: Int, _ chains: [ChainMemory],
    _ plans: [mtlrt_plan], _ stages: [Stage], scratchBytes: Int, localBytes: Int
  ) {
    self.engine = engine
    self.steps = steps
    self.images = images
    self.arena = arena
    self.chains = chains
    self.plans = .allocate(capacity: plans.count)
    _ = self.plans.initialize(from: plans)
    self.stages = stages
    self.scratchBytes = scratchBytes
    self.localBytes = localBytes
  }

  /// `threads` work together on each stage.
  static func make(
    _ engine: Engine, _ steps: Range<Int>, _ arena: Arena, images: Int, threads: Int
  ) throws(Status) -> SegmentPlan {
    var chains: [ChainMemory] = []
    var plans: [mtlrt_plan] = []
    var (scratch, local) = (0, 0)
    for step in engine.steps[steps] {
      let chain = ChainMemory(engine.graph, positions: step.positions, batch: images)
      try Memory.check()
      chain.pointer.pointee.threads = UInt32(truncatingIfNeeded: threads)
      var error = mtlrt_error()
      let plan = try step.backend.plan(chain, taking: step.positions.count, &error)
      guard plan.packed_bytes == step.plan.packed_bytes else {
        throw step.backend.failure("its packed constants depend on the batch")
      }
      chains.append(chain)
      plans.append(plan)
      scratch = max(scratch, try MemorySize.padded(plan.scratch_bytes))
      local = max(local, try MemorySize.padded(plan.local_bytes))
    }
    var stages: [Stage] = []
    for (step, plan) in plans.enumerated() {
      let run = engine.steps[steps.lowerBound + step].backend.module.pointee.run!
      for index in 0..<Int(plan.stages) {
        let parts = withUnsafeBytes(of: plan.parts) { $0.bindMemory(to: UInt32.self)[index] }
        guard parts > 0 else { continue }
        stages.append(Stage(step: step, index: UInt32(index), parts: parts, run: run))
      }
    }
    try Memory.check()
    return SegmentPlan(
      engine, steps, arena, images: images, chains, plans, stages, scratchBytes: scratch,
      localBytes: local)
  }

  deinit { plans.deallocate() }
}
