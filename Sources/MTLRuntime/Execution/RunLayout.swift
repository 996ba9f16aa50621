import CMTL
import MTLFormat
import MTLGraph

/// How much memory a run of some batch needs, and how it is divided: the arena, the largest scratch
/// of any step, and one local block per thread.
struct RunLayout {
  private let engine: Engine
  private let batch: Int
  private(set) var chains: [ChainMemory] = []
  private(set) var plans: [mtlrt_plan] = []
  private(set) var scratchOffset = 0
  private(set) var localOffset = 0
  private(set) var localStride = 0
  private var byteCount = 0

  init(_ engine: Engine, batch: Int) {
    self.engine = engine
    self.batch = batch
  }

  /// Asks every step's module for its plan with this batch.
  mutating func plan() throws(Status) {
    var (scratch, local) = (UInt64(0), UInt64(0))
    for step in engine.steps {
      let chain = ChainMemory(engine.graph, positions: step.positions, batch: batch)
      var error = mtlrt_error()
      let plan = try step.backend.plan(chain, taking: step.positions.count, &error)
      guard plan.packed_bytes == step.plan.packed_bytes else {
        throw step.backend.failure("its packed constants depend on the batch")
      }
      chains.append(chain)
      plans.append(plan)
      scratch = max(scratch, plan.scratch_bytes)
      local = max(local, plan.local_bytes)
    }
    scratchOffset = try sum(0, product(engine.arena.plan.bytes, batch))
    localOffset = try sum(scratchOffset, padded(scratch))
    localStride = try padded(local)
    byteCount = try sum(localOffset, product(localStride, engine.threads))
  }

  func allocate() throws(Status) -> UnsafeMutableRawPointer {
    var base: UnsafeMutableRawPointer?
    guard posix_memalign(&base, MemoryPlan.alignment, max(byteCount, MemoryPlan.alignment)) == 0,
      let base
    else { throw tooMuch }
    return base
  }

  private var tooMuch: Status {
    Status(MTLRT_E_MEMORY, "not enough memory for a batch of \(batch)")
  }

  private func product(_ a: Int, _ b: Int) throws(Status) -> Int {
    let (result, overflow) = a.multipliedReportingOverflow(by: b)
    guard !overflow else { throw tooMuch }
    return result
  }

  private func sum(_ a: Int, _ b: Int) throws(Status) -> Int {
    let (result, overflow) = a.addingReportingOverflow(b)
    guard !overflow else { throw tooMuch }
    return result
  }

  private func padded(_ bytes: UInt64) throws(Status) -> Int {
    guard bytes < UInt64(Int.max) / 2 else { throw tooMuch }
    let alignment = MemoryPlan.alignment
    return (Int(bytes) + alignment - 1) / alignment * alignment
  }
}
