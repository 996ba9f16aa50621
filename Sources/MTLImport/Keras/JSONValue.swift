import MTLFormat

/// A JSON text as data (RFC 8259).
package indirect enum JSONValue {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  /// Errors: not JSON, nested more than 200 deep.
  package init(_ bytes: UnsafeRawBufferPointer) throws(ImportError) {
    var parser = JSONParser(bytes)
    self = try parser.document()
  }

  subscript(_ key: String) -> JSONValue? {
    guard case .object(let entries) = self else { return nil }
    return entries[key]
  }

  subscript(_ index: Int) -> JSONValue? {
    guard case .list(let items) = self, items.indices.contains(index) else { return nil }
    return items[index]
  }

  var text: String? { if case .text(let value) = self { value } else { nil } }
  var number: Double? { if case .number(let value) = self { value } else { nil } }
  var integer: Int? { number.flatMap { Int(exactly: $0) } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var list: [JSONValue]? { if case .list(let items) = self { items } else { nil } }
  var isNull: Bool { if case .null = self { true } else { false } }
}

private struct JSONParser {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var depth = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private func fault(_ what: String) -> ImportError {
    ImportError("byte \(position): not JSON: \(what)")
  }

  mutating func document() throws(ImportError) -> JSONValue {
    let value = try self.value()
    skipSpace()
    guard position == bytes.count else { throw fault("something follows") }
    return value
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private mutating func accept(_ letter: Character) -> Bool {
    skipSpace()
    guard next == letter.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ letter: Character) throws(ImportError) {
    guard accept(letter) else { throw fault("\(letter) is missing") }
  }

  private mutating func value() throws(ImportError) -> JSONValue {
    skipSpace()
    depth += 1
    defer { depth -= 1 }
    guard depth <= 200 else { throw fault("nested too deep") }
    guard let byte = next else { throw fault("it ends too early") }
    switch byte {
    case UInt8(ascii: "{"): return .object(try object())
    case UInt8(ascii: "["): return .list(try list())
    case UInt8(ascii: "\""): return .text(try string())
    default: return try word()
    }
  }

  private mutating func object() throws(ImportError) -> [String: JSONValue] {
    try expect("{")
    var entries: [String: JSONValue] = [:]
    if accept("}") { return entries }
    repeat {
      skipSpace()
      let key = try string()
      try expect(":")
      entries[key] = try value()
    } while accept(",")
    try expect("}")
    return entries
  }

  private mutating func list() throws(ImportError) -> [JSONValue] {
    try expect("[")
    var items: [JSONValue] = []
    if accept("]") { return items }
    repeat { items.append(try value()) } while accept(",")
    try expect("]")
    return items
  }

  /// A number, or one of the words. NaN and Infinity are Python's own.
  private mutating func word() throws(ImportError) -> JSONValue {
    let start = position
    while let byte = next, byte > 0x20, !",]}:".utf8.contains(byte) { position += 1 }
    let word = String(decoding: bytes[start..<position], as: UTF8.self)
    switch word {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "NaN": return .number(.nan)
    case "Infinity": return .number(.infinity)
    case "-Infinity": return .number(-.infinity)
    default:
      guard word.utf8.count < 64, let number = Double(word) else { throw fault("'\(word)'") }
      return .number(number)
    }
  }

  private mutating func string() throws(ImportError) -> String {
    guard next == UInt8(ascii: "\"") else { throw fault("a text is missing") }
    position += 1
    var content: [UInt8] = []
    while let byte = next {
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard let text = String(validating: content, as: UTF8.self) else {
          throw fault("a text is not UTF-8")
        }
        return text
      }
      if byte == UInt8(ascii: "\\") { content += try escape() } else { content.append(byte) }
    }
    throw fault("a text has no end")
  }

  private mutating func escape() throws(ImportError) -> [UInt8] {
    guard let byte = next else { throw fault("it ends too early") }
    position += 1
    let plain: [UInt8: UInt8] = [
      UInt8(ascii: "n"): 10, UInt8(ascii: "t"): 9, UInt8(ascii: "r"): 13, UInt8(ascii: "b"): 8,
      UInt8(ascii: "f"): 12,
    ]
    if let letter = plain[byte] { return [letter] }
    if [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/")].contains(byte) { return [byte] }
    guard byte == UInt8(ascii: "u") else { throw fault("an escape is not known") }
    var code = try hexadecimal()
    if (0xD800..<0xDC00).contains(code), next == UInt8(ascii: "\\") {
      position += 1
      guard next == UInt8(ascii: "u") else { throw fault("half a character") }
      position += 1
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else { throw fault("half a character") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw fault("half a character") }
    return Array(String(Character(scalar)).utf8)
  }

  private mutating func hexadecimal() throws(ImportError) -> UInt32 {
    guard bytes.count - position >= 4 else { throw fault("it ends too early") }
    let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
    position += 4
    guard let code = UInt32(digits, radix: 16) else { throw fault("'\(digits)'") }
    return code
  }
}
