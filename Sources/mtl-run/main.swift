import CLIKit
import CMTL

/// Does what the command line says.
private func run(_ console: inout Console) throws(Failure) -> ExitStatus {
  let settings = try Settings.read()
  switch settings.mode {
  case .help:
    console.write(helpText)
  case .version:
    let version = mtlrt_version()
    console.write("mtl-run \(version >> 16).\(version >> 8 & 255).\(version & 255)\n")
  case .listBackends:
    let json: UInt32 = settings.isJSON ? 1 : 0
    let text = libraryText { mtlrt_report(nil, json, $0, $1) }
    console.write(settings.isJSON ? text + "\n" : text)
  case .images:
    var images = try RunImages(settings)
    return try images.run(&console)
  case .tensors:
    try RunTensors(settings).run()
  case .bench:
    try Benchmark(settings).run(&console)
  case .profile:
    try Profile(settings).run(&console)
  }
  try console.finish()
  return .good
}

/// The whole program; returns the status to exit with.
private func command() -> Int32 {
  var console = Console(program: "mtl-run")
  do throws(Failure) {
    return try run(&console).rawValue
  } catch {
    console.complain(error.text)
    return error.status.rawValue
  }
}

exit(command())
