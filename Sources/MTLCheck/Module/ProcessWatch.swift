import CCheck
import CLIKit

/// Watches for what a plugin changes of the process, which it has to leave as it found it.
final class ProcessWatch {
  private let before: UnsafeMutablePointer<mtl_check_process>

  init() {
    // What catches output opens a file, which stays open.
    mtl_check_catch_output()
    _ = mtl_check_caught_output(nil, 0)
    before = .allocate(capacity: 1)
    mtl_check_process_note(before)
  }

  deinit { before.deallocate() }

  /// What is not as it was when this was made; nil: nothing.
  var change: String? { mtl_check_process_change(before).map { String(cString: $0) } }

  /// Runs `body`; gives its result, and the first line of what was written to standard output and
  /// standard error meanwhile; nil: nothing.
  static func output<Result, Thrown: Error>(
    of body: () throws(Thrown) -> Result
  ) throws(Thrown) -> (Result, String?) {
    mtl_check_catch_output()
    do throws(Thrown) {
      let result = try body()
      return (result, caughtLine())
    } catch {
      _ = caughtLine()
      throw error
    }
  }

  private static func caughtLine() -> String? {
    var bytes = [CChar](repeating: 0, count: 80)
    let count = mtl_check_caught_output(&bytes, bytes.count)
    if count == 0 { return nil }
    let line = bytes[..<count].prefix { $0 != 10 }.map { UInt8(bitPattern: $0) }
    return String(decoding: line, as: UTF8.self)
  }
}
