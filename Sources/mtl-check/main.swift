import CCheck
import CLIKit
import CMTL
import MTLCheck

private let program: StaticString = "mtl-check"
/// How many threads run parts at once where the user does not say.
private let checkThreads = 4

/// Tries all groups that were asked for; whether all is good.
private func check(_ settings: Settings, _ console: inout Console) throws(Failure) -> Bool {
  let path = settings.module!
  var loaded = try LoadedModule(path)
  if !settings.isJSON {
    console.write(TextReport.module(loaded, path))
    console.flush()
  }
  var lines: [String] = []
  let checker = Checker(
    loaded.module, seed: settings.seed, threads: settings.threads ?? checkThreads,
    log: settings.isVerbose ? { lines.append($0) } : nil)
  var reports: [GroupReport] = []
  for group in settings.groups {
    let checked = loaded.watching("a check of \(group.name)") {
      checker.check(group, only: settings.only)
    }
    guard let report = checked else {
      throw Failure(
        .wrongUsage, "--case \(settings.only!): \(group.name) has \(group.caseCount) cases")
    }
    reports.append(report)
    if settings.isJSON { continue }
    for line in lines { console.write(line + "\n") }
    lines = []
    console.write(TextReport.group(report, seed: settings.seed))
    console.flush()
  }
  let module = loaded.module
  let fault = loaded.watching("opening and closing") {
    LifetimeCheck.fault(
      module, reports, seed: settings.seed, threads: settings.threads ?? checkThreads)
  }
  if let fault { loaded.add(breach: fault) }
  if settings.isJSON {
    console.write(JSONReport.text(loaded, path, reports, seed: settings.seed))
  } else {
    console.write(TextReport.contract(loaded.contract))
  }
  return loaded.contract.breaches.isEmpty && reports.allSatisfy { $0.failedCases == 0 }
}

/// Does what the command line says; returns the status to exit with.
private func run(_ console: inout Console) throws(Failure) -> ExitStatus {
  let settings = try Settings.read()
  var isGood = true
  switch settings.mode {
  case .help: console.write(helpText)
  case .version:
    let version = mtlrt_version()
    console.write("mtl-check \(version >> 16).\(version >> 8 & 255).\(version & 255)\n")
  case .list:
    for group in CheckGroup.all {
      console.write("\(padded(group.name, 16)) \(group.caseCount) cases\n")
    }
  case .check: isGood = try check(settings, &console)
  case .bench: try Bench(settings).run(&console)
  }
  try console.finish()
  return isGood ? .good : .someFailed
}

/// The whole program; returns the status to exit with.
private func command() -> Int32 {
  var console = Console(program: program)
  do throws(Failure) {
    return try run(&console).rawValue
  } catch {
    console.complain(error.text)
    return error.status.rawValue
  }
}

mtl_check_catch_faults("mtl-check")
exit(command())
