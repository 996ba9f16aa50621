import CMTL
import MTLFormat
import MTLGraph
import Synchronization

/// Lets modules bring the constants of steps into their own layout, several steps at a time.
final class Packing {
  private let steps: [Step]
  private let memory: LargeMemory
  private let next = Atomic<Int>(0)
  /// The first failure that was met; the pool's lock guards it.
  private var failure: (step: Step, answer: Int32, error: mtlrt_error)?

  /// Packs what the file does not hold already. Steps keep pointers into the memory that this
  /// returns; nil if none needs any.
  static func pack(
    _ steps: [Step], _ graph: ExecutionGraph, threads: Int
  ) throws(Status) -> LargeMemory? {
    try Memory.check()
    var steps = steps.filter { $0.plan.packed_bytes > 0 }
    if !graph.model.packed.isEmpty { steps = steps.filter { !$0.takePacked(from: graph) } }
    guard !steps.isEmpty else { return nil }
    var size = MemorySize()
    for step in steps {
      step.packedOffset = try size.reserve(try MemorySize.padded(step.plan.packed_bytes))
    }
    let packing = Packing(steps, try LargeMemory.allocate(size.bytes))
    try Memory.check()
    for step in steps {
      step.packed = UnsafeRawPointer(packing.memory.start + step.packedOffset)
    }
    withExtendedLifetime(packing) {
      mtl_pool_run(
        UInt32(threads),
        { context, _ in
          Unmanaged<Packing>.fromOpaque(context!).takeUnretainedValue().work()
          return 0
        }, Unmanaged.passUnretained(packing).toOpaque())
    }
    if let failure = packing.failure {
      throw failure.step.packingFailed(failure.answer, failure.error)
    }
    return packing.memory
  }

  private init(_ steps: [Step], _ memory: LargeMemory) {
    self.steps = steps
    self.memory = memory
  }

  /// Packs step after step, whichever threads do so as well, until none is left.
  private func work() {
    while true {
      // From the last step on, as the large ones are there; small ones then fill what is left.
      let index = steps.count - next.wrappingAdd(1, ordering: .relaxed).newValue
      guard index >= 0 else { return }
      let target = memory.start + steps[index].packedOffset
      var error = mtlrt_error()
      let answer = steps[index].pack(to: target, &error)
      if answer == Int32(MTLRT_MODULE_OK) { continue }
      mtl_pool_lock()
      if failure == nil { failure = (steps[index], answer, error) }
      mtl_pool_unlock()
    }
  }
}
