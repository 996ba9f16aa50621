import CMTL
import MTLFormat
import MTLGraph
import Synchronization

/// Lets modules bring the constants of all steps into their own layout, several steps at a time.
final class Packing {
  private let steps: [Step]
  private let memory: LargeMemory
  private let next = Atomic<Int>(0)
  /// The first failure that was met; the pool's lock guards it.
  private var failure: Status?

  /// Steps keep pointers into the memory that this returns; nil if none needs any.
  static func pack(_ steps: [Step], threads: Int) throws(Status) -> LargeMemory? {
    var size = MemorySize()
    for step in steps where step.plan.packed_bytes > 0 {
      guard step.backend.module.pointee.pack != nil else {
        throw step.backend.failure("it asks for packed constants but cannot pack")
      }
      step.packedOffset = try size.reserve(try MemorySize.padded(step.plan.packed_bytes))
    }
    guard size.bytes > 0 else { return nil }
    let packing = Packing(steps, try LargeMemory(size.bytes))
    for step in steps where step.plan.packed_bytes > 0 {
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
    if let failure = packing.failure { throw failure }
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
      guard let failed = steps[index].pack() else { continue }
      mtl_pool_lock()
      if failure == nil { failure = failed }
      mtl_pool_unlock()
    }
  }
}
