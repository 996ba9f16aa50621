/// The arguments of one call, sorted by what a `Command` accepts.
public struct Arguments {
  public let command: Command
  public private(set) var operands: [String] = []
  public private(set) var isHelpWanted = false
  private var values: [String: [String]] = [:]

  /// `--name value` and `--name=value` are the same; after `--` everything is an operand.
  /// Errors: an option that does not exist or lacks its value, too few or too many operands.
  public init(_ command: Command, _ words: [String]) throws(CommandLineError) {
    self.command = command
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        break
      }
      if word == "--help" || word == "-h" {
        isHelpWanted = true
        return
      }
      if word.utf8.first != UInt8(ascii: "-") || word == "-" {
        operands.append(word)
      } else {
        try take(word, &rest)
      }
    }
    if operands.count < command.operands.count {
      throw error("\(command.operands[operands.count]) is missing")
    }
    if operands.count > command.operands.count {
      throw error("one argument too many: \"\(operands[command.operands.count])\"")
    }
  }

  private mutating func take(
    _ word: String, _ rest: inout ArraySlice<String>
  ) throws(CommandLineError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let option = command.options.first(where: { $0.name == name }) else {
      throw error("no option \(name)" + (nearest(to: name).map { "; did you mean \($0)?" } ?? ""))
    }
    guard option.value != nil else {
      if parts.count > 1 { throw error("\(name) takes no value") }
      values[name] = [""]
      return
    }
    guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
      throw error("\(name) needs a value: \(name) \(option.value!)")
    }
    values[name, default: []].append(value)
  }

  /// With the way to the help text.
  public func error(_ text: String) -> CommandLineError {
    CommandLineError("\(text)\nTry '\(command.name) --help'.")
  }

  public func has(_ name: String) -> Bool { values[name] != nil }

  /// The value given last, or nil.
  public func text(_ name: String) -> String? { values[name]?.last }

  /// All values of an option that may be repeated.
  public func texts(_ name: String) -> [String] { values[name] ?? [] }

  /// Errors: the option is missing.
  public func required(_ name: String) throws(CommandLineError) -> String {
    guard let text = text(name), !text.isEmpty else { throw error("\(name) is missing") }
    return text
  }

  /// Errors: not a whole number, or outside `range`.
  public func integer<Value: FixedWidthInteger>(
    _ name: String, in range: ClosedRange<Value>
  ) throws(CommandLineError) -> Value? {
    guard let text = text(name) else { return nil }
    guard let value = Value(text), range.contains(value) else {
      throw error(
        "\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound), "
          + "not \"\(text)\"")
    }
    return value
  }

  /// One of `names`, or nil. Errors: another one.
  public func choice(_ name: String, of names: [String]) throws(CommandLineError) -> String? {
    guard let text = text(name) else { return nil }
    if names.contains(text) { return text }
    throw error("\(name) takes one of \(names.joined(separator: ", ")), not \"\(text)\"")
  }

  private func nearest(to name: String) -> String? {
    let names = command.options.map { $0.name }
    let best = names.min { distance($0, name) < distance($1, name) }
    return best.flatMap { distance($0, name) <= 3 ? $0 : nil }
  }
}

/// How many letters must be put in, taken out or changed to make `a` of `b` (Levenshtein).
func distance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.utf8), Array(b.utf8))
  var row = Array(0...b.count)
  for i in a.indices {
    var corner = row[0]
    row[0] = i + 1
    for j in b.indices {
      let change = corner + (a[i] == b[j] ? 0 : 1)
      corner = row[j + 1]
      row[j + 1] = min(change, row[j] + 1, corner + 1)
    }
  }
  return row[b.count]
}
