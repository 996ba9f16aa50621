/// What each epoch of a run came to.
public struct History: Equatable, Sendable {
  public struct Row: Equatable, Sendable {
    /// From 1.
    public let epoch: Int
    /// Learning rate of the epoch's last step.
    public let rate: Double
    /// Average over the epoch, with augmentation and dropout.
    public let trainLoss: Double
    public let score: Score
  }

  public var rows: [Row] = []

  public init() {}

  /// The row with the least loss on the validation part; of equal ones the first.
  private var luckiest: Row? { rows.min { $0.score.loss < $1.score.loss } }

  /// The row whose network predicts. Averaged weights get better to the end, and are those of the
  /// last epoch: the least loss would be a matter of luck, and no measure of what is to come.
  public func best(_ recipe: Recipe) -> Row? { recipe.averaging > 0 ? rows.last : luckiest }

  /// One line per epoch below a header; a field of what is not known is empty.
  public func csv(tasks: [String]) -> String {
    let names = tasks.map { "," + csvField("val_" + $0) }.joined()
    var text = "epoch,rate,train_loss,val_loss,val_exact\(names)\n"
    for row in rows {
      func field(_ part: Double?) -> String { part.map { fixed($0, 6) } ?? "" }
      let tasks = row.score.tasks.map { "," + field($0) }.joined()
      text += "\(row.epoch),\(fixed(row.rate, 8)),\(fixed(row.trainLoss, 6)),"
      text += "\(fixed(row.score.loss, 6)),\(field(row.score.exact))\(tasks)\n"
    }
    return text
  }
}

/// A field of a comma-separated file, in quotes where it needs them (RFC 4180).
private func csvField(_ text: String) -> String {
  let isPlain = !text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
  if isPlain { return text }
  let doubled = text.split(separator: "\"", omittingEmptySubsequences: false)
  return "\"" + doubled.joined(separator: "\"\"") + "\""
}
