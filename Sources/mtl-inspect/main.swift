import CLIKit
import CMTL

private let helpText = """
  Show what a model file holds.

    mtl-inspect MODEL            layers, shapes, parameters, tasks, preprocessing, sections
    mtl-inspect MODEL --verify   check every hash and the embedded self-test as well
    mtl-inspect MODEL --json     the same for programs

    --help, --version

  Exit status: 0 all good, 2 wrong usage, 3 the model could not be read or did not
  pass --verify.

  """

private struct Settings {
  var model: UnsafePointer<CChar>?
  var isJSON = false
  var verifies = false
  var wantsHelp = false
  var wantsVersion = false

  /// Reads the command line. Throws for what cannot be meant.
  static func read() throws(Failure) -> Settings {
    var settings = Settings()
    let rest = try CommandArguments.read(
      [
        CommandOption("json", takesValue: false, tag: 1),
        CommandOption("verify", takesValue: false, tag: 2),
        CommandOption("help", takesValue: false, tag: 3),
        CommandOption("version", takesValue: false, tag: 4),
      ]
    ) { (tag, _) throws(Failure) in
      settings.isJSON = settings.isJSON || tag == 1
      settings.verifies = settings.verifies || tag == 2
      settings.wantsHelp = settings.wantsHelp || tag == 3
      settings.wantsVersion = settings.wantsVersion || tag == 4
    }
    if settings.wantsHelp || settings.wantsVersion { return settings }
    guard rest.count == 1 else {
      throw Failure(.wrongUsage, "it takes one model; --help shows how")
    }
    settings.model = rest[0]
    return settings
  }
}

private func inspect(_ settings: Settings, _ console: inout Console) throws(Failure) {
  var error = mtlrt_error()
  var options = mtlrt_options()
  options.size = UInt32(MemoryLayout<mtlrt_options>.size)
  let opened: OpaquePointer?
  if let pipe = try FileContent.readPipe(Path(cString: settings.model!)) {
    options.flags = MTLRT_COPY
    opened = mtlrt_open_memory(pipe.bytes.baseAddress, pipe.bytes.count, &options, &error)
  } else {
    opened = mtlrt_open(settings.model, &options, &error)
  }
  guard let model = opened else {
    throw Failure(.unreadableModel, error.message)
  }
  defer { mtlrt_close(model) }
  let text = libraryText { mtlrt_describe(model, settings.isJSON ? 1 : 0, $0, $1) }
  console.write(settings.isJSON ? text + "\n" : text)
  guard settings.verifies else { return }
  guard mtlrt_verify(model, &error) == 0 else {
    throw Failure(.unreadableModel, "\(String(cString: settings.model!)): \(error.message)")
  }
  guard !settings.isJSON else { return }
  console.write(
    hasSelfTest(model)
      ? "\nVerified: every hash and the self-test hold.\n"
      : "\nVerified: every hash holds; the file has no self-test.\n")
}

/// No text in the file can look like this key: quotes in texts are escaped.
private func hasSelfTest(_ model: OpaquePointer) -> Bool {
  let description = libraryText { mtlrt_describe(model, 1, $0, $1) }
  return strstr(description, "\"self_test\":true") != nil
}

/// Does what the command line says.
private func run(_ console: inout Console) throws(Failure) {
  let settings = try Settings.read()
  if settings.wantsHelp {
    console.write(helpText)
  } else if settings.wantsVersion {
    let version = mtlrt_version()
    console.write("mtl-inspect \(version >> 16).\(version >> 8 & 255).\(version & 255)\n")
  } else {
    try inspect(settings, &console)
  }
  try console.finish()
}

/// The whole program; returns the status to exit with.
private func command() -> Int32 {
  var console = Console(program: "mtl-inspect")
  do throws(Failure) {
    try run(&console)
    return ExitStatus.good.rawValue
  } catch {
    console.complain(error.text)
    return error.status.rawValue
  }
}

exit(command())
