import CCheck
import CMTL

/// `plan` and `pack` of one step, called by several threads at once: each answers what it answered
/// before.
final class ConcurrentCalls: @unchecked Sendable {
  private static let threads = 4
  private static let rounds = 8

  private let step: PreparedStep
  /// For each thread memory to pack into.
  private let targets: [GuardedMemory]
  /// One element per thread, which no other touches.
  private let faults: UnsafeMutableBufferPointer<String?>

  /// Throws what a thread finds wrong.
  static func check(_ step: PreparedStep) throws(Defect) {
    let calls = ConcurrentCalls(step)
    let code = mtl_check_at_once(
      UInt32(threads),
      { context, index in
        Unmanaged<ConcurrentCalls>.fromOpaque(context!).takeUnretainedValue().call(Int(index))
      }, Unmanaged.passUnretained(calls).toOpaque())
    guard code == 0 else {
      fatalError("threads cannot be started: \(String(cString: strerror(code)))")
    }
    if let text = calls.faults.lazy.compactMap({ $0 }).first { throw Defect(text) }
    for target in calls.targets {
      do throws(Defect) {
        try PreparedStep.compare(step.packed[0], target)
      } catch {
        throw Defect("called by several threads at once, \(error.text)")
      }
    }
  }

  private init(_ step: PreparedStep) {
    self.step = step
    let count = step.packed.first?.count
    targets = count.map { count in
      (0..<Self.threads).map { _ in
        let memory = GuardedMemory(count: count, .beforeGuard, name: "packed constants")
        memory.poison(.second)
        return memory
      }
    } ?? []
    faults = .allocate(capacity: Self.threads)
    faults.initialize(repeating: nil)
  }

  deinit {
    faults.deinitialize()
    faults.deallocate()
  }

  /// What thread `index` does: chains that differ, so that nothing of one fits another.
  private func call(_ index: Int) {
    let cut = index == 0 ? step.single : step.cuts[index % step.cuts.count]
    do throws(Defect) {
      for _ in 0..<Self.rounds {
        guard case .takes(let plan) = try step.runner.plan(cut.chain), plan.isSame(as: cut.plan)
        else { throw Defect("plan answers otherwise when several threads call it at once") }
      }
      if targets.isEmpty { return }
      try PreparedStep.pack(step.runner, step.single.chain, step.single.plan, to: targets[index])
    } catch {
      faults[index] = error.text
    }
  }
}
