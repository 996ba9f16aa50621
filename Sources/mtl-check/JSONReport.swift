import CLIKit
import MTLCheck

/// What came of the checks, for programs.
struct JSONReport {
  static func text(
    _ loaded: LoadedModule, _ path: Path, _ reports: [GroupReport], seed: UInt64
  ) -> String {
    var contract = JSONObject()
    contract.add("libraries", loaded.contract.libraries)
    contract.add("breaches", loaded.contract.breaches)
    contract.add("warnings", loaded.contract.warnings)
    contract.add("notes", loaded.contract.notes)
    var object = JSONObject()
    object.add("module", loaded.module.name)
    object.add("path", path.text)
    object.add("build", loaded.module.build)
    object.add("cpu", loaded.module.cpuNeeds)
    object.add("seed", Int(clamping: seed))
    object.add("contract", contract)
    object.add("operators", reports.map { group($0) })
    return object.text + "\n"
  }

  private static func group(_ report: GroupReport) -> JSONObject {
    var object = JSONObject()
    object.add("name", report.name)
    object.add("cases", report.cases)
    object.add("taken", report.taken)
    object.add("exact", report.exact)
    object.add("failed", report.failedCases)
    object.add("refusal", report.refusal)
    object.add("fusions", report.fusions)
    var worst = JSONObject()
    worst.add("share", report.worst.share, digits: 6)
    worst.add("units", report.worst.units, digits: 3)
    worst.add("allowed", report.worst.unitsAllowed, digits: 3)
    worst.add("case", report.worst.number)
    worst.add("title", report.worst.title)
    object.add("worst", worst)
    object.add(
      "failures",
      report.failures.map { failure in
        var object = JSONObject()
        object.add("case", failure.number)
        object.add("text", failure.text)
        return object
      })
    return object
  }
}
