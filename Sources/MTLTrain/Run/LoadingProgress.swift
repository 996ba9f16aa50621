import Glibc
import Synchronization

/// Shows how far the reading of images is: on a terminal one living line, elsewhere a line every
/// ten seconds. Work that is done soon shows nothing.
public final class LoadingProgress: Sendable {
  private let images: Int
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private let state: Mutex<State>

  private struct State {
    var done = 0
    var next: ContinuousClock.Instant
    var isDrawn = false
  }

  public init(images: Int) {
    self.images = images
    start = clock.now
    state = Mutex(State(next: start + (isTerminal ? .milliseconds(300) : .seconds(10))))
  }

  /// One more image is read; from any thread.
  public func step() {
    state.withLock { state in
      state.done += 1
      let now = clock.now
      guard now >= state.next else { return }
      state.next = now + (isTerminal ? .milliseconds(100) : .seconds(10))
      let speed = Double(state.done) / max(start.duration(to: now) / .seconds(1), 1e-9)
      let left = Progress.time(Double(images - state.done) / speed)
      let text =
        "reading images: \(state.done) of \(images), \(fixed(speed, 1)) images/s, \(left) left"
      if isTerminal {
        Console.draw("\r\u{1B}[K" + text)
        state.isDrawn = true
      } else {
        Console.error("mtl-train: \(text)\n")
      }
    }
  }

  /// Ends the living line, if there is one.
  public func stop() {
    state.withLock { state in
      if state.isDrawn { Console.draw("\r\u{1B}[K") }
      state.isDrawn = false
    }
  }
}
