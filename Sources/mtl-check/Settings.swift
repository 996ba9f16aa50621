import CLIKit
import CMTL
import MTLCheck

/// What the command line asks for.
struct Settings {
  enum Mode { case check, bench, list, help, version }

  var mode = Mode.check
  var module: Path?
  var groups = CheckGroup.all
  var seed: UInt64 = 1
  /// One case alone; nil: all.
  var only: Int?
  /// nil: what the mode does without being told.
  var threads: Int?
  var isVerbose = false
  var isJSON = false

  private typealias Setter = (inout Settings, UnsafePointer<CChar>?) throws(Failure) -> Void

  private static var options: [(option: CommandOption, set: Setter)] {
    [
      (
        CommandOption("op", takesValue: true, tag: 1),
        { (s, v) throws(Failure) in s.groups = try groups(String(cString: v!)) }
      ),
      (
        CommandOption("seed", takesValue: true, tag: 2),
        { (s, v) throws(Failure) in s.seed = UInt64(try optionNumber(v, "--seed", 0...Int.max)) }
      ),
      (
        CommandOption("case", takesValue: true, tag: 3),
        { (s, v) throws(Failure) in s.only = try optionNumber(v, "--case", 0...Int.max) }
      ),
      (
        CommandOption("threads", takesValue: true, tag: 4),
        { (s, v) throws(Failure) in s.threads = try optionNumber(v, "--threads", 1...64) }
      ),
      (CommandOption("bench", takesValue: false, tag: 5), { (s, _) in s.mode = .bench }),
      (CommandOption("list", takesValue: false, tag: 6), { (s, _) in s.mode = .list }),
      (CommandOption("verbose", takesValue: false, tag: 7), { (s, _) in s.isVerbose = true }),
      (CommandOption("json", takesValue: false, tag: 8), { (s, _) in s.isJSON = true }),
      (CommandOption("help", takesValue: false, tag: 9), { (s, _) in s.mode = .help }),
      (CommandOption("version", takesValue: false, tag: 10), { (s, _) in s.mode = .version }),
    ]
  }

  /// Reads the command line. Throws for what cannot be meant.
  static func read() throws(Failure) -> Settings {
    var settings = Settings()
    let rest = try CommandArguments.read(options.map { $0.option }) {
      (tag, value) throws(Failure) in
      for row in options where row.option.tag == tag { try row.set(&settings, value) }
    }
    guard rest.count <= 1 else { throw usage("one module at a time") }
    settings.module = rest.first.map { Path(cString: $0) }
    switch settings.mode {
    case .check, .bench:
      guard settings.module != nil else { throw usage("which module? It is the argument") }
      guard settings.only == nil || (settings.groups.count == 1 && settings.mode == .check) else {
        throw usage("--case goes together with --op and one name")
      }
    case .list, .help, .version: break
    }
    return settings
  }

  private static func usage(_ text: String) -> Failure {
    Failure(.wrongUsage, "\(text); --help shows how")
  }

  private static func groups(_ names: String) throws(Failure) -> [CheckGroup] {
    var groups: [CheckGroup] = []
    for name in names.split(separator: ",") {
      guard let group = CheckGroup.all.first(where: { $0.name == name }) else {
        throw Failure(.wrongUsage, "--op \(name): no such operator; --list shows them")
      }
      groups.append(group)
    }
    guard !groups.isEmpty else { throw usage("--op: which one?") }
    return groups
  }
}
