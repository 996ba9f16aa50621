import Glibc
import MTLFormat
import MTLWriter

/// A program in Python, run by the interpreter that MTL_PYTHON names, or `python3`.
struct PythonProgram {
  let text: String
  /// What it runs, for messages.
  let title: String

  private static var interpreter: String {
    let named = getenv("MTL_PYTHON").map { String(cString: $0) } ?? ""
    return named.isEmpty ? "python3" : named
  }

  /// Runs it to its end, with what it prints in a file of `folder`. While it runs, Ctrl-C ends the
  /// program, and then this process.
  ///
  /// Errors: it does not start, or ends with another status than 0; its last words are in the text.
  func run(_ words: [String], in folder: TemporaryFolder) throws {
    let log = folder.path + "/log"
    let status = try ignoringInterrupts { try wait(for: start(words, log: log)) }
    if status & 0x7F == SIGINT { raise(SIGINT) }
    guard status == 0 else {
      throw ImportError(
        "\(Self.interpreter) could not run it by \(title): \(Self.lastWords(of: log))\n"
          + "MTL_PYTHON=/path/to/python names the Python that has \(title)")
    }
  }

  private func start(_ words: [String], log: String) throws -> pid_t {
    let name = Self.interpreter
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, 1, log.fileName, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_adddup2(&files, 1, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var usual = sigset_t()
    sigemptyset(&usual)
    sigaddset(&usual, SIGINT)
    sigaddset(&usual, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &usual)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    let arguments = ([name, "-c", text] + words).map { strdup($0.fileName) } + [nil]
    defer { arguments.forEach { free($0) } }
    var child = pid_t()
    let code = posix_spawnp(&child, name.fileName, &files, &attributes, arguments, environ)
    guard code == 0 else {
      throw ImportError(
        "cannot start \(name): \(String(cString: strerror(code))); MTL_PYTHON=/path/to/python "
          + "names the Python that has \(title)")
    }
    return child
  }

  private func wait(for child: pid_t) throws -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
      guard errno == EINTR else {
        throw ImportError("lost the Python program: \(String(cString: strerror(errno)))")
      }
    }
    return status
  }

  private func ignoringInterrupts<T>(_ body: () throws -> T) rethrows -> T {
    var ignoring = sigaction()
    ignoring.__sigaction_handler.sa_handler = SIG_IGN
    var before = sigaction()
    sigaction(SIGINT, &ignoring, &before)
    defer { sigaction(SIGINT, &before, nil) }
    return try body()
  }

  /// The last line that says something.
  private static func lastWords(of log: String) -> String {
    guard let bytes = try? Bytes.map(file: log) else { return "it said nothing" }
    let text = withExtendedLifetime(bytes) { String(decoding: bytes.view, as: UTF8.self) }
    let lines = text.split(separator: "\n").filter { line in line.contains { $0 != " " } }
    return lines.last.map { String($0) } ?? "it said nothing"
  }
}
