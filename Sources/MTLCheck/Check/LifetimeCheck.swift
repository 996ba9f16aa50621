import CCheck

/// Opens a module again while it is open, and after it was closed: each instance stands for itself.
public struct LifetimeCheck {
  private let module: ModuleUnderTest
  private let data: CaseData
  private let reference: Reference
  private let threads: Int

  /// What is wrong; nil: nothing, or there is no instance or no case to try one with. Closes
  /// `module`, which cannot be used afterwards.
  public static func fault(
    _ module: ModuleUnderTest, _ reports: [GroupReport], seed: UInt64, threads: Int
  ) -> String? {
    guard module.hasInstances, let trial = reports.compactMap({ $0.sample }).first else {
      return nil
    }
    mtl_check_doing("opening and closing, \(trial.title)")
    defer { mtl_check_doing(nil) }
    var random = RandomNumbers(seed)
    let data = CaseData(trial.graph, batch: trial.batch, .random, &random)
    do throws(Defect) {
      let check = LifetimeCheck(
        module: module, data: data, reference: try Reference(data), threads: threads)
      try check.run()
      return nil
    } catch {
      return error.text
    }
  }

  private func run() throws(Defect) {
    let runner = try prepare(module)
    let results = try runner.run(.first, reference)
    let second = try Self.stage("opened a second time") { () throws(Defect) in
      let second = try ModuleUnderTest(another: module)
      try expect(try prepare(second), results)
      return second
    }
    try Self.stage("while another instance is open") { () throws(Defect) in
      try expect(runner, results)
    }
    second.close()
    try Self.stage("after another instance was closed") { () throws(Defect) in
      try expect(runner, results)
      try expect(try prepare(module), results)
    }
    module.close()
    try Self.stage("opened again after it was closed") { () throws(Defect) in
      let third = try ModuleUnderTest(another: module)
      try expect(try prepare(third), results)
      third.close()
    }
  }

  private func prepare(_ module: ModuleUnderTest) throws(Defect) -> CaseRunner {
    try CaseRunner(module, data, threads: threads) { _, _ in }
  }

  private func expect(_ runner: CaseRunner, _ results: [Int: [Float]]) throws(Defect) {
    let again = try runner.run(.first, reference)
    let isSame = results.allSatisfy { tensor, values in
      again[tensor]?.elementsEqual(values) { Checker.isSame($0, $1) } == true
    }
    guard isSame else { throw Defect("the results are others") }
  }

  private static func stage<Result>(
    _ name: String, _ body: () throws(Defect) -> Result
  ) throws(Defect) -> Result {
    do throws(Defect) {
      return try body()
    } catch {
      throw Defect("\(name): \(error.text)")
    }
  }
}
