import Glibc
import MTLFormat

/// Shows a run to a person: on a terminal one living line below the finished epochs, elsewhere one
/// line per epoch.
public final class Progress {
  private let epochs: Int
  private let tasks: [String]
  private let isTerminal: Bool
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private var epochStart: ContinuousClock.Instant
  private var trainEnd: ContinuousClock.Instant
  private var lastDrawn: ContinuousClock.Instant?

  public init(epochs: Int, tasks: [String]) {
    self.epochs = epochs
    self.tasks = tasks
    isTerminal = isatty(STDERR_FILENO) == 1
    start = clock.now
    epochStart = start
    trainEnd = start
  }

  public func step(_ epoch: Int, _ done: Int, _ total: Int, _ loss: Double) {
    trainEnd = clock.now
    guard isTerminal else { return }
    if let lastDrawn, lastDrawn.duration(to: trainEnd) < .milliseconds(100), done < total { return }
    lastDrawn = trainEnd
    let speed = Double(done) / max(seconds(epochStart, trainEnd), 1e-9)
    let left = (Double(total - done) + Double(epochs - epoch) * Double(total)) / max(speed, 1e-9)
    let filled = 24 * done / max(total, 1)
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 24 - filled)
    Console.draw(
      "\r\u{1B}[Kepoch \(epoch)/\(epochs) [\(bar)] loss \(fixed(loss, 4))  "
        + "\(fixed(speed, 1)) images/s  \(Progress.time(left)) left")
  }

  public func epoch(_ row: History.Row, _ images: Int, _ isBest: Bool) {
    if isTerminal { Console.draw("\r\u{1B}[K") }
    let speed = Double(images) / max(seconds(epochStart, trainEnd), 1e-9)
    let now = clock.now
    let left = seconds(epochStart, now) * Double(epochs - row.epoch)
    let tasks = zip(self.tasks, row.score.tasks).map { "  \($0) \(percent($1))" }.joined()
    Console.out(
      "epoch \(row.epoch)/\(epochs)  loss \(fixed(row.trainLoss, 4))  "
        + "val loss \(fixed(row.score.loss, 4))  exact \(percent(row.score.exact))\(tasks)  "
        + "\(fixed(speed, 1)) images/s  \(Progress.time(left)) left\(isBest ? "  *" : "")\n")
    epochStart = clock.now
    trainEnd = epochStart
  }

  public func notSaved(_ epoch: Int, _ reason: Status) {
    Console.error(
      "mtl-train: epoch \(epoch) is not saved yet (\(reason.text)); the run goes on\n")
  }

  /// Ends the living line.
  public func stop() { if isTerminal { Console.draw("\r\u{1B}[K") } }

  private func seconds(_ a: ContinuousClock.Instant, _ b: ContinuousClock.Instant) -> Double {
    a.duration(to: b) / .seconds(1)
  }

  /// `seconds` as `4 s`, `3:20 min` or `2:05 h`.
  static func time(_ seconds: Double) -> String {
    let whole = Int(min(max(seconds, 0), 1e9).rounded())
    func pair(_ large: Int, _ small: Int) -> String { "\(large):\(small < 10 ? "0" : "")\(small)" }
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return pair(whole / 60, whole % 60) + " min" }
    return pair(whole / 3600, whole / 60 % 60) + " h"
  }
}
