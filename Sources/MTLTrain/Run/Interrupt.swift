import Glibc
import Synchronization

/// Ctrl-C and its like as a wish to stop at the next good moment. A second signal ends the process
/// at once.
public enum Interrupt {
  private static let isWanted = Atomic<Bool>(false)

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
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        let text: StaticString = "\nmtl-train: stopped while images were read\n"
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        _exit(130)
      }
    }
  }

  /// Whether somebody wants the process to stop.
  public static var isPending: Bool { isWanted.load(ordering: .relaxed) }
}
