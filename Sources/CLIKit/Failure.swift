/// Why a command cannot go on: a sentence for a person and the status to exit with.
public struct Failure: Error {
  public let text: String
  public let status: ExitStatus

  public init(_ status: ExitStatus, _ text: String) {
    self.text = text
    self.status = status
  }
}

/// What the commands say to whoever started them.
public enum ExitStatus: Int32, Sendable {
  case good = 0
  /// Some inputs failed, the others were answered; or an output could not be written.
  case someFailed = 1
  case wrongUsage = 2
  case unreadableModel = 3
  /// The backend asked for cannot run here.
  case noBackend = 4
}
