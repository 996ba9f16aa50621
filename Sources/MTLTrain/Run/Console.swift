import CArguments
import CLIKit
import Glibc
import MTLWriter
import Synchronization

/// `text` on one line that a terminal shows as it is: for names of files and labels.
public func printable(_ text: String) -> String { CLIKit.printable(text.spelled) }

/// Writes to standard output or, for a person to read, to standard error. Control characters but
/// the ends of lines are spelled out: names out of files do nothing to a terminal.
public enum Console {
  /// Why standard output could not be written; 0: it could.
  private static let outputError = Atomic<Int32>(0)

  /// The arguments of this process without its name, as `String(fileName:)` holds them. To be
  /// called before any file is opened.
  public static func begin() -> [String] {
    mtl_keep_standard_files()
    return CommandLine.unsafeArgv.advanced(by: 1).withMemoryRebound(
      to: Optional<UnsafeMutablePointer<CChar>>.self, capacity: Int(CommandLine.argc)
    ) { words in
      (0..<max(0, Int(CommandLine.argc) - 1)).map { index in
        let word = words[index]!
        return String(fileName: UnsafeRawBufferPointer(start: word, count: strlen(word)))
      }
    }
  }

  public static func out(_ text: String) {
    let reason = put(safe(text), to: STDOUT_FILENO)
    if reason != 0 { outputError.store(reason, ordering: .relaxed) }
  }

  public static func error(_ text: String) { _ = put(safe(text), to: STDERR_FILENO) }

  /// To standard error as it is, for lines that are drawn anew.
  static func draw(_ text: String) { _ = put(text, to: STDERR_FILENO) }

  /// The status to exit with after `status`: 1 in the place of 0 if something that was printed got
  /// lost, which is said on standard error.
  public static func end(_ program: String, _ status: Int32) -> Int32 {
    let reason = outputError.load(ordering: .relaxed)
    guard reason != 0 else { return status }
    error("\(program): cannot write the output: \(String(cString: strerror(reason)))\n")
    return status == 0 ? 1 : status
  }

  private static func safe(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { printable(String($0)) }
      .joined(separator: "\n")
  }

  /// 0, or errno.
  private static func put(_ text: String, to file: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = write(file, rest.baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return errno }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
      return 0
    }
  }
}
