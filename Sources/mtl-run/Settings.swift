import CLIKit
import CMTL

/// What the command line asks for.
struct Settings {
  enum Mode {
    case images, tensors, bench, profile, listBackends, help, version
  }

  var mode = Mode.images
  var model: Path?
  /// Images and folders; `-` is standard input.
  var images: [Path] = []
  var backend: UnsafePointer<CChar>?
  /// 0: as many as there are CPUs.
  var threads = 0
  /// How many labels of a task are shown; nil: the usual few.
  var top: Int?
  var isJSON = false
  var annotated: Path?
  /// One for each input of the model.
  var inputs: [Path] = []
  var output: Path?
  var batch = 1
  var seconds = 3.0

  private static var options: [(option: CommandOption, set: Setter)] {
    [
      (
        CommandOption("backend", takesValue: true, tag: 1),
        { (s, v) throws(Failure) in
          guard v!.pointee != 0 else { throw Failure(.wrongUsage, "--backend: which one?") }
          s.backend = v
        }
      ),
      (
        CommandOption("threads", takesValue: true, tag: 2),
        { (s, v) throws(Failure) in s.threads = try optionNumber(v, "--threads", 1...4096) }
      ),
      (
        CommandOption("top", takesValue: true, tag: 3),
        { (s, v) throws(Failure) in s.top = try optionNumber(v, "--top", 1...65536) }
      ),
      (CommandOption("json", takesValue: false, tag: 4), { (s, _) in s.isJSON = true }),
      (CommandOption("annotate", takesValue: true, tag: 5), { (s, v) in s.annotated = path(v) }),
      (CommandOption("input", takesValue: true, tag: 6), { (s, v) in s.inputs.append(path(v)) }),
      (CommandOption("output", takesValue: true, tag: 7), { (s, v) in s.output = path(v) }),
      (CommandOption("bench", takesValue: false, tag: 8), { (s, _) in s.mode = .bench }),
      (
        CommandOption("batch", takesValue: true, tag: 9),
        { (s, v) throws(Failure) in s.batch = try optionNumber(v, "--batch", 1...65536) }
      ),
      (
        CommandOption("seconds", takesValue: true, tag: 10),
        { (s, v) throws(Failure) in s.seconds = try seconds(v) }
      ),
      (
        CommandOption("list-backends", takesValue: false, tag: 11),
        { (s, _) in s.mode = .listBackends }
      ),
      (CommandOption("help", takesValue: false, tag: 12), { (s, _) in s.mode = .help }),
      (CommandOption("version", takesValue: false, tag: 13), { (s, _) in s.mode = .version }),
      (CommandOption("profile", takesValue: false, tag: 14), { (s, _) in s.mode = .profile }),
    ]
  }

  private typealias Setter = (inout Settings, UnsafePointer<CChar>?) throws(Failure) -> Void

  /// Reads the command line. Throws for what cannot be meant.
  static func read() throws(Failure) -> Settings {
    var settings = Settings()
    let rest = try CommandArguments.read(options.map { $0.option }) {
      (tag, value) throws(Failure) in
      for row in options where row.option.tag == tag { try row.set(&settings, value) }
    }
    if let first = rest.first { settings.model = Path(cString: first) }
    settings.images = rest.dropFirst().map { Path(cString: $0) }
    try settings.decideMode()
    return settings
  }

  /// Throws where parts of the command do not go together.
  private mutating func decideMode() throws(Failure) {
    let isTensors = !inputs.isEmpty || output != nil
    switch mode {
    case .help, .version, .listBackends: return
    default: break
    }
    guard model != nil else { throw usage("which model? It is the first argument") }
    if mode == .bench || mode == .profile {
      guard images.isEmpty, !isTensors else {
        throw usage("--bench and --profile make their own input")
      }
      return
    }
    if isTensors {
      guard !inputs.isEmpty, output != nil else { throw usage("--input and --output go together") }
      guard images.isEmpty, annotated == nil else {
        throw usage("images do not go together with --input")
      }
      mode = .tensors
      return
    }
    guard !images.isEmpty else { throw usage("which images? They follow the model") }
  }

  private func usage(_ text: String) -> Failure {
    Failure(.wrongUsage, "\(text); --help shows how")
  }

  private static func path(_ value: UnsafePointer<CChar>?) -> Path { Path(cString: value!) }

  private static func seconds(_ value: UnsafePointer<CChar>?) throws(Failure) -> Double {
    var end: UnsafeMutablePointer<CChar>?
    let seconds = strtod(value!, &end)
    guard let end, end.pointee == 0, end != value!, seconds > 0, seconds <= 86_400 else {
      throw Failure(
        .wrongUsage, "--seconds \(String(cString: value!)): not a time up to 86400 seconds")
    }
    return seconds
  }
}
