import CCheck

/// Tries a module's kernels against the scalar ones.
public struct Checker {
  private let module: ModuleUnderTest
  private let seed: UInt64
  private let threads: Int
  /// Called with a line on each case, if set.
  private let log: ((String) -> Void)?

  /// Failures of a group that are kept in words.
  private static let failuresKept = 5

  public init(
    _ module: ModuleUnderTest, seed: UInt64, threads: Int, log: ((String) -> Void)? = nil
  ) {
    self.module = module
    self.seed = seed
    self.threads = threads
    self.log = log
  }

  /// All cases of a group, or case `only`; nil if there is no such case.
  public func check(_ group: CheckGroup, only: Int?) -> GroupReport? {
    var report = GroupReport(name: group.name)
    let cases = group.cases(seed: seed)
    if let only, !cases.indices.contains(only) { return nil }
    for trial in cases where only == nil || trial.number == only { check(trial, &report) }
    return report
  }

  private func check(_ trial: CheckCase, _ report: inout GroupReport) {
    report.cases += 1
    var state = CaseState()
    for kind in InputClass.allCases where state.failure == nil {
      let place = "\(report.name) case \(trial.number), seed \(seed), \(kind.name) input"
      mtl_check_doing("\(place), \(trial.title)")
      do throws(Defect) {
        try check(trial, kind, place, &state, &report)
      } catch {
        state.failure = "\(kind.name) input: \(error.text)"
      }
      if !state.isTaken { break }  // It would refuse the same operators with other numbers, too.
    }
    mtl_check_doing(nil)
    if state.isTaken { report.taken += 1 }
    if state.isTaken, state.failure == nil, report.sample == nil { report.sample = trial }
    if state.isTaken, state.isExact { report.exact += 1 }
    if let failure = state.failure {
      report.failedCases += 1
      if report.failures.count < Self.failuresKept {
        report.failures.append(
          .init(number: trial.number, text: "\(failure) (\(trial.title))"))
      }
    }
    let verdict = state.failure ?? (state.isTaken ? "ok" : "not taken")
    log?("\(report.name) \(trial.number): \(verdict): \(trial.title)")
  }

  /// What is known of a case so far.
  private struct CaseState {
    var isTaken = false
    var isExact = true
    var failure: String?
  }

  private func check(
    _ trial: CheckCase, _ kind: InputClass, _ place: String, _ state: inout CaseState,
    _ report: inout GroupReport
  ) throws(Defect) {
    var random = RandomNumbers(seed, UInt64(trial.number), UInt64(kind.rawValue))
    let data = CaseData(trial.graph, batch: trial.batch, kind, &random)
    var refusal = ""
    let runner = try CaseRunner(module, data, threads: threads) { position, reason in
      if position == 0, refusal == "" { refusal = reason }
    }
    if report.refusal == "" { report.refusal = refusal }
    guard runner.steps.contains(where: { $0.isTaken }) else { return }
    state.isTaken = true
    note(runner, &report)
    let reference = try Reference(data)
    let results = try runner.run(.first, reference)
    for (tensor, values) in results.sorted(by: { $0.key < $1.key }) {
      let expected = reference.expectations[tensor]!
      let verdict = expected.judge(values)
      if let index = verdict.wrong {
        throw Defect(explain(trial.graph, tensor, index, values[index], expected))
      }
      if kind == .integers, !verdict.isSame { state.isExact = false }
      if kind == .random, verdict.share > report.worst.share {
        report.worst = GroupReport.Worst(
          share: verdict.share, units: verdict.share * expected.units,
          unitsAllowed: expected.units, number: trial.number, title: trial.title)
      }
    }
    if module.isBatchInvariant, kind == .random, trial.batch > 1 {
      mtl_check_doing("\(place), images one by one, \(trial.title)")
      try compareImages(of: data, results)
    }
    if kind == .random, trial.batch > 1 {
      mtl_check_doing("\(place), plan and pack called at once, \(trial.title)")
      for step in runner.steps where step.isTaken { try ConcurrentCalls.check(step) }
    }
    if kind == .random, runner.steps.contains(where: { $0.hasRandomPacking }) {
      mtl_check_doing("\(place), \(Pass.anybodysPacking.name), \(trial.title)")
      _ = try runner.run(.anybodysPacking, reference)
    }
    for pass in Pass.others where runner.isWorthwhile(pass) {
      mtl_check_doing("\(place), \(pass.name), \(trial.title)")
      do throws(Defect) {
        try compare(results, try runner.run(pass, reference), trial.graph)
      } catch {
        throw Defect("\(pass.name): \(error.text)")
      }
    }
  }

  /// Remembers which operators were taken as one step.
  private func note(_ runner: CaseRunner, _ report: inout GroupReport) {
    for step in runner.steps where step.isTaken && step.positions.count > 1 {
      let names = runner.data.graph.nodes[step.positions].map { $0.row.name }
      let fusion = names.joined(separator: "+")
      if !report.fusions.contains(fusion) { report.fusions.append(fusion) }
    }
  }

  private func explain(
    _ graph: CaseGraph, _ tensor: Int, _ index: Int, _ got: Float, _ expected: ExpectedResult
  ) -> String {
    let name = graph.nodes.first { $0.output == tensor }!.row.name
    let want = expected.values[index]
    let bound = expected.bounds.isEmpty ? 0 : expected.bounds[index]
    let allowed = bound == 0 ? "the same number" : "at most \(bound) away"
    return "element \(index) of the result of \(name) is \(got); scalar gives \(want), and "
      + "\(want.isFinite ? allowed : "nothing else") is right"
  }

  private func compare(
    _ first: [Int: [Float]], _ second: [Int: [Float]], _ graph: CaseGraph
  ) throws(Defect) {
    for (tensor, values) in first {
      let other = second[tensor]!
      guard let index = values.indices.first(where: { !Self.isSame(values[$0], other[$0]) }) else {
        continue
      }
      let name = graph.nodes.first { $0.output == tensor }!.row.name
      throw Defect(
        "element \(index) of the result of \(name) is \(other[index]), and "
          + "\(values[index]) with \(Pass.first.name)")
    }
  }

  /// Images alone must have the bits that they have in their batch.
  private func compareImages(of data: CaseData, _ results: [Int: [Float]]) throws(Defect) {
    for index in [0, data.batch - 1] {
      let image = data.image(index)
      let runner = try CaseRunner(module, image, threads: threads) { _, _ in }
      let alone = try runner.run(.first, try Reference(image))
      do throws(Defect) {
        try compare(
          results.mapValues { values in
            let count = values.count / data.batch
            return Array(values[(index * count)..<((index + 1) * count)])
          }, alone, data.graph)
      } catch {
        throw Defect(
          "image \(index) of \(data.batch) alone, though the module says that it is batch "
            + "invariant: \(error.text)")
      }
    }
  }

  static func isSame(_ a: Float, _ b: Float) -> Bool {
    a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
  }
}
