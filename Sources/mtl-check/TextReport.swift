import CLIKit
import MTLCheck

/// What came of the checks, for a person.
struct TextReport {
  static func module(_ loaded: LoadedModule, _ path: Path) -> String {
    let module = loaded.module
    let needs = module.cpuNeeds.isEmpty ? "nothing" : module.cpuNeeds.joined(separator: ", ")
    var text = "\(path.text): \(module.name), \(module.build); needs of the CPU: \(needs)\n"
    let contract = loaded.contract
    let libraries =
      contract.libraries.isEmpty ? "nothing else" : contract.libraries.joined(separator: ", ")
    text += "loads \(libraries)\n"
    for warning in contract.warnings { text += "    warning: \(warning)\n" }
    for note in contract.notes { text += "    note: \(note)\n" }
    return text
  }

  /// What it does beside its operators, all of which is known at the end.
  static func contract(_ contract: ModuleContract) -> String {
    var text = line("contract", contract.breaches.isEmpty ? "ok" : "FAILED", "")
    for breach in contract.breaches { text += "    \(breach)\n" }
    return text
  }

  static func group(_ report: GroupReport, seed: UInt64) -> String {
    guard report.taken > 0 || !report.failures.isEmpty else {
      return line(report.name, "-", "not taken: \(report.refusal)")
    }
    let verdict = report.failedCases == 0 ? "ok" : "FAILED"
    var text = line(report.name, verdict, facts(report))
    if !report.fusions.isEmpty {
      text += "    as one step: \(report.fusions.joined(separator: ", "))\n"
    }
    for failure in report.failures {
      text += "    case \(failure.number): \(failure.text)\n"
      text += "      --op \(report.name) --seed \(seed) --case \(failure.number)\n"
    }
    let more = report.failedCases - report.failures.count
    if more > 0 { text += "    and \(more) more cases\n" }
    return text
  }

  private static func facts(_ report: GroupReport) -> String {
    var text = "\(report.taken) of \(report.cases) cases"
    if report.failedCases > 0 { return text + ", \(report.failedCases) failed" }
    if report.exact == report.taken {
      text += ", whole numbers exact"
    } else {
      text += ", whole numbers exact in \(report.exact)"
    }
    let worst = report.worst
    if worst.share == 0 { return text + ", same bits" }
    if worst.unitsAllowed > 0 {
      text += ", worst \(fixed(worst.units, 2)) of \(fixed(worst.unitsAllowed, 0)) u"
    } else {
      text += ", worst \(fixed(worst.share * 100, 1))% of the bound"
    }
    return text + " (case \(worst.number))"
  }

  private static func line(_ name: String, _ verdict: String, _ facts: String) -> String {
    "\(padded(name, 16)) \(padded(verdict, 6)) \(facts)\n"
  }
}
