/// Builds the text of one JSON object, member by member.
public struct JSONObject {
  private var members = ""

  public init() {}

  public var text: String { "{\(members)}" }

  public mutating func add(_ key: String, _ value: String) { addRaw(key, Self.quoted(value)) }
  public mutating func add(_ key: String, _ value: Int) { addRaw(key, "\(value)") }
  public mutating func add(_ key: String, _ value: JSONObject) { addRaw(key, value.text) }

  /// The shortest decimals that read back as the same number; null for what JSON cannot say.
  public mutating func add(_ key: String, _ value: Float) {
    addRaw(key, value.isFinite ? "\(value)" : "null")
  }

  /// Rounded to so many digits behind the point; null for what JSON cannot say.
  public mutating func add(_ key: String, _ value: Double, digits: Int) {
    addRaw(key, value.isFinite ? fixed(value, digits) : "null")
  }

  public mutating func add(_ key: String, _ values: [JSONObject]) {
    addList(key, values.map { $0.text })
  }

  public mutating func add(_ key: String, _ values: [String]) {
    addList(key, values.map { Self.quoted($0) })
  }

  public mutating func add(_ key: String, _ values: [Int]) { addList(key, values.map { "\($0)" }) }

  private mutating func addList(_ key: String, _ values: [String]) {
    var list = ""
    for value in values { list += list.utf8.isEmpty ? value : ", \(value)" }
    addRaw(key, "[\(list)]")
  }

  private mutating func addRaw(_ key: String, _ value: String) {
    if !members.utf8.isEmpty { members += ", " }
    members += "\(Self.quoted(key)): \(value)"
  }

  private static func quoted(_ text: String) -> String {
    let hex = Array("0123456789abcdef".utf8)
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        bytes += [UInt8(ascii: "\\"), byte]
      } else if byte < 0x20 || byte == 0x7F {
        bytes += Array("\\u00".utf8) + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      } else {
        bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
    return String(decoding: bytes, as: UTF8.self)
  }
}
