import Glibc
import Synchronization

/// Ctrl-C and its like as a wish to stop at the next good moment. A second signal ends the process
/// at once.
public enum Interrupt {
  private static let isWanted = Atomic<Bool>(false)
  /// Whether there may be a line on standard error that is not ended.
  private static let isTerminal = Atomic<Bool>(false)

  /// From now on SIGINT and SIGTERM are wishes.
  public static func listen() {
    isWanted.store(false, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        Interrupt.isWanted.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }

  /// From now on SIGINT and SIGTERM end the process at once with status 130, after a line on
  /// standard error: for work of which nothing is kept.
  public static func endAtOnce() {
    isTerminal.store(isatty(STDERR_FILENO) == 1, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        let end: StaticString = "\n"
        if Interrupt.isTerminal.load(ordering: .relaxed) {
          _ = write(STDERR_FILENO, end.utf8Start, 1)
        }
        let text: StaticString = "mtl-train: stopped while images were read\n"
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        _exit(130)
      }
    }
  }

  /// Whether somebody wants the process to stop.
  public static var isPending: Bool { isWanted.load(ordering: .relaxed) }
}
