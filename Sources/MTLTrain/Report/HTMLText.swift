/// A text within HTML, which may come from a file's name.
func html(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// A table; the first row is its head, the first column names the rows.
func htmlTable(_ rows: [[String]]) -> String {
  guard let head = rows.first else { return "" }
  let cells = head.map { "<th scope=\"col\">\(html($0))</th>" }.joined()
  let body = rows.dropFirst().map { row in
    "<tr><th scope=\"row\">\(html(row[0]))</th>"
      + row.dropFirst().map { "<td>\(html($0))</td>" }.joined() + "</tr>\n"
  }.joined()
  return "<div class=\"wide\"><table><thead><tr>\(cells)</tr></thead><tbody>\n\(body)"
    + "</tbody></table></div>\n"
}

/// Bytes in letters (RFC 4648).
func base64(_ bytes: some Sequence<UInt8>) -> String {
  let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var text: [UInt8] = []
  var (bits, count) = (UInt32(0), 0)
  for byte in bytes {
    bits = bits << 8 | UInt32(byte)
    count += 8
    while count >= 6 {
      count -= 6
      text.append(letters[Int(bits >> UInt32(count) & 63)])
    }
  }
  if count > 0 { text.append(letters[Int(bits << UInt32(6 - count) & 63)]) }
  while text.count % 4 != 0 { text.append(UInt8(ascii: "=")) }
  return String(decoding: text, as: UTF8.self)
}
