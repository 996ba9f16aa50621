import CMTL
import MTLFormat

/// Builds one JSON text, byte by byte, in the order of the calls.
struct JSONText {
  private(set) var bytes: [UInt8] = []
  private var needsComma = false

  mutating func beginObject(_ key: StaticString? = nil) { begin(key, UInt8(ascii: "{")) }
  mutating func endObject() { end(UInt8(ascii: "}")) }
  mutating func beginArray(_ key: StaticString? = nil) { begin(key, UInt8(ascii: "[")) }
  mutating func endArray() { end(UInt8(ascii: "]")) }

  mutating func add(_ key: StaticString? = nil, _ value: [UInt8]) {
    separate(key)
    quote(value)
  }

  mutating func add(_ key: StaticString? = nil, _ value: Message) { add(key, value.utf8) }

  mutating func add(_ key: StaticString? = nil, _ value: Int) {
    separate(key)
    bytes += ("\(value)" as Message).utf8
  }

  /// The shortest decimals that read back as the same value; `null` for what JSON cannot say.
  mutating func add(_ key: StaticString? = nil, _ value: Float) {
    separate(key)
    bytes += (value.isFinite ? "\(value)" : "null" as Message).utf8
  }

  mutating func add(_ key: StaticString? = nil, _ value: Bool) {
    separate(key)
    bytes += Array((value ? "true" : "false").utf8)
  }

  mutating func add(_ key: StaticString, _ values: [Int]) {
    beginArray(key)
    for value in values { add(nil, value) }
    endArray()
  }

  /// A key that is not known beforehand.
  mutating func add(key: Name, _ value: Name) {
    separate(nil)
    quote(key.utf8)
    bytes.append(UInt8(ascii: ":"))
    quote(value.utf8)
  }

  private mutating func begin(_ key: StaticString?, _ bracket: UInt8) {
    separate(key)
    bytes.append(bracket)
    needsComma = false
  }

  private mutating func end(_ bracket: UInt8) {
    bytes.append(bracket)
    needsComma = true
  }

  private mutating func separate(_ key: StaticString?) {
    guard mtl_memory_failed() == 0 else { return }
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
    guard let key else { return }
    quote(key.withUTF8Buffer { Array($0) })
    bytes.append(UInt8(ascii: ":"))
  }

  private mutating func quote(_ text: [UInt8]) {
    guard mtl_memory_failed() == 0 else { return }
    let hex = Array("0123456789abcdef".utf8)
    bytes.append(UInt8(ascii: "\""))
    for byte in text {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        bytes += [UInt8(ascii: "\\"), byte]
      } else if byte < 0x20 {
        bytes += Array("\\u00".utf8) + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      } else {
        bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
