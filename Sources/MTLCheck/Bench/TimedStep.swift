import CCheck
import CMTL
import Synchronization

/// One operator made ready to run again and again.
final class TimedStep {
  private let step: PreparedStep
  private let memory: [GuardedMemory?]
  private let locals: [GuardedMemory]
  private let scratch: GuardedMemory
  private let plan: UnsafeMutablePointer<mtlrt_plan>
  private let pointers: UnsafeMutableBufferPointer<UnsafeMutableRawPointer?>
  private var call: mtlrt_call
  private let constants: ConstantMemory

  /// Parts of the stage under way that were taken.
  private let next = Atomic<UInt32>(0)
  private var stage: UInt32 = 0
  private var partCount: UInt32 = 0

  /// nil if the module does not take the operator.
  init?(_ module: ModuleUnderTest, _ data: CaseData, threads: Int) throws(Defect) {
    constants = ConstantMemory(data.constants, .beforeGuard)
    step = try PreparedStep(module, data, constants, at: 0, threads: [threads]) { _ in }
    guard step.runner === module else { return nil }
    let (graph, cut) = (data.graph, step.cuts[0])
    memory = cut.chain.tensors.map { tensor in
      if graph.tensors[tensor].isConstant { return nil }
      let memory = GuardedMemory(
        count: graph.tensors[tensor].count(batch: data.batch) * 4, .beforeGuard, name: "a value")
      data.inputs[tensor]?.withUnsafeBytes { memory.copy($0) }
      return memory
    }
    locals = (0..<threads).map { _ in
      GuardedMemory(count: Int(cut.plan.local_bytes), .beforeGuard, name: "local memory")
    }
    scratch = GuardedMemory(count: Int(cut.plan.scratch_bytes), .beforeGuard, name: "scratch")
    plan = .allocate(capacity: 1)
    plan.initialize(to: cut.plan)
    pointers = .allocate(capacity: memory.count)
    _ = pointers.initialize(from: memory.map { $0?.start })
    call = mtlrt_call(
      self: module.instance, chain: cut.chain.pointer, plan: plan,
      packed: step.packed.first.map { UnsafeRawPointer($0.start) }, scratch: scratch.start,
      value: UnsafePointer(pointers.baseAddress))
    mtl_pool_retain(mtl_cores(), UInt32(threads))
  }

  deinit {
    mtl_pool_release()
    plan.deallocate()
    pointers.deallocate()
  }

  /// Bytes of inputs, result and constants as they are stored.
  var byteCount: Int {
    memory.reduce(0) { $0 + ($1?.count ?? 0) } + constants.byteCount
  }

  func run() {
    for (index, count) in plan.pointee.partCounts.enumerated() {
      (stage, partCount) = (UInt32(index), UInt32(count))
      next.store(0, ordering: .releasing)
      if locals.count == 1 { work(0) } else { share() }
    }
  }

  private func share() {
    mtl_pool_run(
      UInt32(locals.count),
      { context, thread in
        Unmanaged<TimedStep>.fromOpaque(context!).takeUnretainedValue().work(Int(thread))
        return 0
      }, Unmanaged.passUnretained(self).toOpaque())
  }

  private func work(_ thread: Int) {
    while true {
      let part = next.add(1, ordering: .acquiringAndReleasing).oldValue
      if part >= partCount { return }
      withUnsafePointer(to: call) { call in
        _ = step.runner.module.run!(call, stage, part, locals[thread].start)
      }
    }
  }

  /// Seconds for one run: the median of several samples of about `sample` seconds each.
  func seconds(sample: Double, samples: Int) -> Double {
    var repeats = 1
    while time(repeats) < sample, repeats < 1 << 20 { repeats *= 2 }
    let times = (0..<samples).map { _ in time(repeats) / Double(repeats) }.sorted()
    return times[samples / 2]
  }

  private func time(_ repeats: Int) -> Double {
    let start = secondsNow()
    for _ in 0..<repeats { run() }
    return secondsNow() - start
  }
}
