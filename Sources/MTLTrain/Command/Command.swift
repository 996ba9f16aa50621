/// What a program, or one of its subcommands, accepts; the help text and the parser both follow it.
public struct Command: Sendable {
  public struct Option: Sendable {
    /// With its dashes: `--seed`, `-o`.
    public let name: String
    /// What stands for the value in the help text; nil if the option takes none.
    public let value: String?
    public let help: String

    public init(_ name: String, _ value: String? = nil, _ help: String) {
      self.name = name
      self.value = value
      self.help = help
    }
  }

  /// As it is typed: `mtl-train fit`.
  public let name: String
  /// The arguments without dashes, in order: `DATASET`.
  public let operands: [String]
  public let summary: String
  public let options: [Option]
  /// Text below the options.
  public let notes: String

  public init(
    name: String, operands: [String], summary: String, options: [Option], notes: String
  ) {
    self.name = name
    self.operands = operands
    self.summary = summary
    self.options = options
    self.notes = notes
  }

  public var help: String {
    let usage = ([name] + operands + (options.isEmpty ? [] : ["[options]"])).joined(separator: " ")
    var text = "Usage: \(usage)\n\n\(summary)\n"
    let all = options + [Option("--help", nil, "show this text")]
    let heads = all.map { $0.name + ($0.value.map { " " + $0 } ?? "") }
    let width = heads.map { $0.count }.max() ?? 0
    text += "\nOptions:\n"
    for (option, head) in zip(all, heads) {
      text += "  \(head)\(String(repeating: " ", count: width - head.count))  \(option.help)\n"
    }
    return text + (notes.isEmpty ? "" : "\n\(notes)\n")
  }
}
