import CCheck
import CMTL

/// Runs parts of one stage of a step.
struct PartRun {
  let runner: ModuleUnderTest
  let call: mtlrt_call
  let stage: UInt32
  let pass: Pass

  private func localMemory() -> GuardedMemory {
    GuardedMemory(
      count: Int(call.plan.pointee.local_bytes), pass.placement, name: "local memory")
  }

  /// One part after the other on this thread; local memory is lost between them.
  func run(_ parts: [UInt32]) throws(Defect) {
    let local = localMemory()
    for part in parts {
      local.poison(.first)
      if let text = fault(part, local) { throw Defect(text) }
    }
    guard local.isIntact else { throw Defect("writes beyond the local memory") }
  }

  /// All `count` parts, `threads` at a time.
  func runAtOnce(_ count: Int, threads: Int) throws(Defect) {
    let threads = min(threads, max(1, count))
    let crew = Crew(run: self, count: count, locals: (0..<threads).map { _ in localMemory() })
    let code = mtl_check_at_once(
      UInt32(threads),
      { context, index in
        Unmanaged<Crew>.fromOpaque(context!).takeUnretainedValue().work(Int(index))
      }, Unmanaged.passUnretained(crew).toOpaque())
    guard code == 0 else {
      fatalError("threads cannot be started: \(String(cString: strerror(code)))")
    }
    if let text = crew.faults.compactMap({ $0 }).first { throw Defect(text) }
    guard crew.locals.allSatisfy({ $0.isIntact }) else {
      throw Defect("writes beyond the local memory")
    }
  }

  /// Runs one part; says what was wrong about it.
  fileprivate func fault(_ part: UInt32, _ local: GuardedMemory) -> String? {
    do throws(Defect) {
      try withUnsafePointer(to: call) { (call) throws(Defect) in
        let code = try keepingFloatState("run") {
          runner.module.run!(call, stage, part, local.start)
        }
        if code == 0 { return }
        let why = try explanation(call, part, local)
        throw Defect("run answers \(code) to stage \(stage), part \(part)\(why)")
      }
      return nil
    } catch {
      return error.text
    }
  }

  /// What the module has to say about its failure; "" if it has nothing to say it with.
  private func explanation(
    _ call: UnsafePointer<mtlrt_call>, _ part: UInt32, _ local: GuardedMemory
  ) throws(Defect) -> String {
    guard let explain = runner.module.explain else { return "" }
    var error = mtlrt_error()
    try keepingFloatState("explain") { explain(call, stage, part, local.start, &error) }
    return ": \(try error.reason("explain"))"
  }
}

/// Threads at work on one stage; of `n` threads each takes every n-th part.
private final class Crew: @unchecked Sendable {
  let run: PartRun
  let count: Int
  let locals: [GuardedMemory]
  /// One element per thread, which no other touches.
  private let faultMemory: UnsafeMutableBufferPointer<String?>

  init(run: PartRun, count: Int, locals: [GuardedMemory]) {
    self.run = run
    self.count = count
    self.locals = locals
    faultMemory = .allocate(capacity: locals.count)
    faultMemory.initialize(repeating: nil)
  }

  deinit {
    faultMemory.deinitialize()
    faultMemory.deallocate()
  }

  var faults: [String?] { Array(faultMemory) }

  func work(_ index: Int) {
    for part in stride(from: index, to: count, by: locals.count) {
      if let text = run.fault(UInt32(part), locals[index]) {
        faultMemory[index] = text
        return
      }
    }
  }
}
