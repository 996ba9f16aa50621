import Glibc
import MTLWriter

/// `value` with `digits` digits behind the point.
public func fixed(_ value: Double, _ digits: Int) -> String {
  var buffer = [CChar](repeating: 0, count: 400)
  let count = withVaList([Int32(digits), value]) {
    vsnprintf(&buffer, buffer.count, "%.*f", $0)
  }
  let digits = buffer.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) }
  return String(decoding: digits, as: UTF8.self)
}

/// A part of 1 as percent, with one digit behind the point.
public func percent(_ part: Double) -> String { fixed(part * 100, 1) + "%" }

/// The same, or a dash for a part of nothing.
public func percent(_ part: Double?) -> String { part.map { percent($0) } ?? "–" }

/// `parts` out of `all` as a part of 1; nil out of none.
public func share(_ parts: Int, of all: Int) -> Double? {
  all == 0 ? nil : Double(parts) / Double(all)
}

/// A number as JSON has it, `null` for none.
public func json(_ number: Double?) -> String { number.map { fixed($0, 6) } ?? "null" }

/// A text as a JSON string, with its quotes.
public func json(_ text: String) -> String {
  var result = "\""
  for scalar in text.spelled.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
