import CArguments
import CMTL

/// Standard output and standard error of a command.
public struct Console: ~Copyable {
  /// For the beginning of messages.
  public let program: StaticString
  private var hasFailed = false
  private var reason: Int32 = 0

  public init(program: StaticString) {
    self.program = program
    mtl_keep_standard_files()
  }

  /// Writes to standard output.
  public mutating func write(_ text: String) {
    var text = text
    let isWritten = text.withUTF8 { fwrite($0.baseAddress, 1, $0.count, mtl_stdout()) == $0.count }
    if !isWritten { fail() }
  }

  /// Writes one line to standard error, beginning with the name of the program; `text` may hold
  /// names of any characters. What was written before goes out first, so that both stand in order
  /// on a terminal.
  public mutating func complain(_ text: String) {
    flush()
    var line = "\(program): \(printable(text))\n"
    _ = line.withUTF8 { fwrite($0.baseAddress, 1, $0.count, mtl_stderr()) }
  }

  /// Hands everything over to the system.
  public mutating func flush() {
    if fflush(mtl_stdout()) != 0 { fail() }
  }

  /// Flushes; throws if anything that was written got lost.
  public mutating func finish() throws(Failure) {
    flush()
    if hasFailed {
      throw Failure(
        .someFailed, "cannot write the output: \(String(cString: strerror(reason)))")
    }
  }

  /// Whether standard output is a terminal that shows colors, and the user wants them
  /// (https://no-color.org).
  public static var hasColors: Bool {
    if isatty(1) == 0 { return false }
    if let no = getenv("NO_COLOR"), no.pointee != 0 { return false }
    if let terminal = getenv("TERM"), strcmp(terminal, "dumb") != 0 { return true }
    return false
  }

  private mutating func fail() {
    if !hasFailed { reason = mtl_errno() }
    hasFailed = true
  }
}
