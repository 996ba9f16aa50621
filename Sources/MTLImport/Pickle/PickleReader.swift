import MTLFormat

/// Reads a pickle of Python, protocols 0 to 5, as data.
struct PickleReader {
  private(set) var values: [PickleValue] = []
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var stack: [Int] = []
  private var marks: [Int] = []
  private var memo: [Int: Int] = [:]

  private static let bytesMost = 64 << 20
  private static let valuesMost = 1 << 20

  private typealias Step = @Sendable (inout PickleReader) throws -> Void

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The values of a file, and which is the whole. Errors: damaged, too large, or something that
  /// lies outside the file.
  static func read(
    _ bytes: UnsafeRawBufferPointer
  ) throws -> (values: [PickleValue], root: Int) {
    guard bytes.count <= bytesMost else { throw ImportError("a pickle of more than 64 MiB") }
    var reader = PickleReader(bytes)
    while true {
      let start = reader.position
      let code = try reader.byte()
      if code == UInt8(ascii: ".") { break }
      guard let step = steps[code] else {
        throw ImportError("byte \(start): not a pickle, or code \(code) of one, which is not read")
      }
      try step(&reader)
    }
    return (reader.values, try reader.pop())
  }

  // MARK: Bytes

  private func fault(_ what: String) -> ImportError {
    ImportError("byte \(position): the pickle is damaged: \(what)")
  }

  private mutating func byte() throws(ImportError) -> UInt8 {
    guard position < bytes.count else { throw fault("it ends too early") }
    defer { position += 1 }
    return bytes[position]
  }

  /// A little-endian number of `count` bytes.
  private mutating func number(_ count: Int) throws(ImportError) -> Int {
    var value: UInt64 = 0
    for shift in 0..<count { value |= UInt64(try byte()) << UInt64(8 * shift) }
    guard let number = Int(exactly: value) else { throw fault("a number is too large") }
    return number
  }

  private mutating func take(_ count: Int) throws(ImportError) -> UnsafeRawBufferPointer {
    guard count <= bytes.count - position else { throw fault("it ends too early") }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  /// Up to the end of the line, which is not part of it.
  private mutating func line() throws(ImportError) -> String {
    guard let end = bytes[position...].firstIndex(of: 10) else { throw fault("a line has no end") }
    let content = try take(end - position)
    position += 1
    return try text(content)
  }

  /// A line in Latin-1, in which other characters are written as `\\u20ac`.
  private mutating func escapedLine() throws(ImportError) -> String {
    guard let end = bytes[position...].firstIndex(of: 10) else { throw fault("a line has no end") }
    let content = try take(end - position)
    position += 1
    var text = String.UnicodeScalarView()
    var at = 0
    while at < content.count {
      let letter = at + 1 < content.count && content[at] == 0x5C ? content[at + 1] : 0
      let digits = letter == UInt8(ascii: "u") ? 4 : letter == UInt8(ascii: "U") ? 8 : 0
      guard digits > 0 else {
        text.append(Unicode.Scalar(content[at]))
        at += 1
        continue
      }
      let end = at + 2 + digits
      guard end <= content.count,
        let code = UInt32(String(decoding: content[at + 2..<end], as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(code)
      else { throw fault("a character is not Unicode") }
      text.append(scalar)
      at = end
    }
    return String(text)
  }

  private func text(_ content: UnsafeRawBufferPointer) throws(ImportError) -> String {
    guard let text = String(validating: content, as: UTF8.self) else {
      throw fault("a text is not UTF-8")
    }
    return text
  }

  private mutating func signed(_ count: Int) throws(ImportError) -> Int {
    guard count <= 8 else { throw fault("a number of \(count) bytes") }
    var value: Int64 = 0
    for shift in 0..<count { value |= Int64(try byte()) << Int64(8 * shift) }
    let unused = Int64(64 - 8 * count)
    return count == 0 ? 0 : Int((value << unused) >> unused)
  }

  // MARK: The stack

  private mutating func push(_ value: PickleValue) throws(ImportError) {
    guard values.count < Self.valuesMost, stack.count < Self.valuesMost else {
      throw fault("it holds too much")
    }
    values.append(value)
    stack.append(values.count - 1)
  }

  private mutating func pop() throws(ImportError) -> Int {
    guard stack.count > (marks.last ?? 0), let top = stack.popLast() else {
      throw fault("it takes what is not there")
    }
    return top
  }

  private func top() throws(ImportError) -> Int {
    guard stack.count > (marks.last ?? 0) else { throw fault("it takes what is not there") }
    return stack[stack.count - 1]
  }

  /// Everything above the last mark, which goes away.
  private mutating func popMarked() throws(ImportError) -> [Int] {
    guard let mark = marks.popLast() else { throw fault("a mark is missing") }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func tuple(_ count: Int) throws(ImportError) {
    var items: [Int] = []
    for _ in 0..<count { items.append(try pop()) }
    try push(.tuple(items.reversed()))
  }

  /// Adds to the list or dictionary on top, without copying it.
  private mutating func extend(_ more: [Int]) throws(ImportError) {
    let place = try top()
    let old = values[place]
    values[place] = .none
    switch old {
    case .list(var items):
      items += more
      values[place] = .list(items)
    case .dictionary(var items):
      guard more.count % 2 == 0 else { throw fault("a key without a value") }
      items += more
      values[place] = .dictionary(items)
    default:
      // Some class of its own that is filled: what it holds is not looked at.
      values[place] = old
    }
  }

  private mutating func object(_ arguments: Int) throws(ImportError) {
    try push(.object(callable: try pop(), arguments: arguments, state: nil))
  }

  private mutating func build() throws(ImportError) {
    let state = try pop()
    let place = try top()
    if case .object(let callable, let arguments, _) = values[place] {
      values[place] = .object(callable: callable, arguments: arguments, state: state)
    }
  }

  private mutating func remember(_ key: Int) throws(ImportError) {
    guard memo.count < Self.valuesMost else { throw fault("it holds too much") }
    memo[key] = try top()
  }

  private mutating func recall(_ key: Int) throws(ImportError) {
    guard let place = memo[key], stack.count < Self.valuesMost else {
      throw fault("it recalls what it has not remembered")
    }
    stack.append(place)
  }

  private mutating func recallKey() throws(ImportError) -> Int {
    guard let key = Int(try line()) else { throw fault("a number is none") }
    return key
  }

  private mutating func stackGlobal() throws(ImportError) {
    let (name, module) = (try pop(), try pop())
    guard case .text(let last) = values[name], case .text(let first) = values[module] else {
      throw fault("a name is no text")
    }
    try push(.global("\(first).\(last)"))
  }

  private mutating func lineNumber() throws(ImportError) {
    var word = try line()
    if word == "00" || word == "01" { return try push(.bool(word == "01")) }
    if word.hasSuffix("L") { word.removeLast() }
    guard let value = Int(word) else { throw fault("a number is none") }
    try push(.integer(value))
  }

  private mutating func float() throws(ImportError) {
    var bits: UInt64 = 0
    for _ in 0..<8 { bits = bits << 8 | UInt64(try byte()) }
    try push(.float(Double(bitPattern: bits)))
  }

  private mutating func quoted() throws(ImportError) {
    let word = try line()
    guard word.utf8.count >= 2, !word.contains("\\") else { throw fault("a text is not quoted") }
    try push(.text(String(word.dropFirst().dropLast())))
  }

  // MARK: Codes

  private static let steps: [UInt8: Step] = {
    var steps = plainSteps
    for (letter, size) in [("U", 1), ("T", 4), ("X", 4), ("\u{8c}", 1), ("\u{8d}", 8)] {
      steps[code(letter)] = { r in
        let content = try r.take(try r.number(size))
        try r.push(.text(try r.text(content)))
      }
    }
    for (letter, size) in [("C", 1), ("B", 4), ("\u{8e}", 8), ("\u{96}", 8)] {
      steps[code(letter)] = { r in
        try r.push(.bytes(Array(try r.take(try r.number(size)))))
      }
    }
    return steps
  }()

  private static func code(_ letter: String) -> UInt8 {
    UInt8(letter.unicodeScalars.first!.value)
  }

  private static let plainSteps: [UInt8: Step] = [
    0x80: { r in
      let version = try r.byte()
      guard version <= 5 else { throw r.fault("protocol \(version)") }
    },
    0x95: { r in _ = try r.number(8) },
    UInt8(ascii: "("): { r in
      guard r.marks.count < valuesMost else { throw r.fault("it holds too much") }
      r.marks.append(r.stack.count)
    },
    UInt8(ascii: "0"): { r in _ = try r.pop() },
    UInt8(ascii: "1"): { r in _ = try r.popMarked() },
    UInt8(ascii: "2"): { r in
      guard r.stack.count < valuesMost else { throw r.fault("it holds too much") }
      r.stack.append(try r.top())
    },
    UInt8(ascii: "N"): { r in try r.push(.none) },
    0x88: { r in try r.push(.bool(true)) },
    0x89: { r in try r.push(.bool(false)) },
    UInt8(ascii: "I"): { r in try r.lineNumber() },
    UInt8(ascii: "L"): { r in try r.lineNumber() },
    UInt8(ascii: "J"): { r in try r.push(.integer(try r.signed(4))) },
    UInt8(ascii: "K"): { r in try r.push(.integer(try r.number(1))) },
    UInt8(ascii: "M"): { r in try r.push(.integer(try r.number(2))) },
    0x8A: { r in
      try r.push(.integer(try r.signed(try r.number(1))))
    },
    UInt8(ascii: "F"): { r in
      guard let value = Double(try r.line()) else { throw r.fault("a number is none") }
      try r.push(.float(value))
    },
    UInt8(ascii: "G"): { r in try r.float() },
    UInt8(ascii: "S"): { r in try r.quoted() },
    UInt8(ascii: "V"): { r in try r.push(.text(try r.escapedLine())) },
    UInt8(ascii: "]"): { r in try r.push(.list([])) },
    UInt8(ascii: "l"): { r in try r.push(.list(try r.popMarked())) },
    UInt8(ascii: "a"): { r in try r.extend([try r.pop()]) },
    UInt8(ascii: "e"): { r in try r.extend(try r.popMarked()) },
    UInt8(ascii: ")"): { r in try r.push(.tuple([])) },
    UInt8(ascii: "t"): { r in try r.push(.tuple(try r.popMarked())) },
    0x85: { r in try r.tuple(1) },
    0x86: { r in try r.tuple(2) },
    0x87: { r in try r.tuple(3) },
    UInt8(ascii: "}"): { r in try r.push(.dictionary([])) },
    UInt8(ascii: "d"): { r in
      let items = try r.popMarked()
      guard items.count % 2 == 0 else { throw r.fault("a key without a value") }
      try r.push(.dictionary(items))
    },
    UInt8(ascii: "s"): { r in
      let (value, key) = (try r.pop(), try r.pop())
      try r.extend([key, value])
    },
    UInt8(ascii: "u"): { r in try r.extend(try r.popMarked()) },
    UInt8(ascii: "c"): { r in
      let module = try r.line()
      try r.push(.global("\(module).\(try r.line())"))
    },
    0x93: { r in try r.stackGlobal() },
    0x81: { r in try r.object(try r.pop()) },
    UInt8(ascii: "R"): { r in try r.object(try r.pop()) },
    UInt8(ascii: "b"): { r in try r.build() },
    UInt8(ascii: "p"): { r in try r.remember(try r.recallKey()) },
    UInt8(ascii: "q"): { r in try r.remember(try r.number(1)) },
    UInt8(ascii: "r"): { r in try r.remember(try r.number(4)) },
    0x94: { r in try r.remember(r.memo.count) },
    UInt8(ascii: "g"): { r in try r.recall(try r.recallKey()) },
    UInt8(ascii: "h"): { r in try r.recall(try r.number(1)) },
    UInt8(ascii: "j"): { r in try r.recall(try r.number(4)) },
  ]
}
