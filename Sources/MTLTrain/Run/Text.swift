import Glibc

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

/// A text as a JSON string, with its quotes.
public func json(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\u{0}"..."\u{1F}":
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

/// Writes to standard output or, for a person to read, to standard error.
public enum Console {
  public static func out(_ text: String) { put(text, to: STDOUT_FILENO) }

  public static func error(_ text: String) { put(text, to: STDERR_FILENO) }

  private static func put(_ text: String, to file: Int32) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let count = write(file, rest.baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }
}
