/// `text` on one line that a terminal shows as it is: control characters, and those that turn the
/// direction of writing, are spelled out. For names out of files and folders.
public func printable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: { isControl($0.value) }) else { return text }
  var shown = ""
  for scalar in text.unicodeScalars {
    switch scalar.value {
    case 0x09: shown += "\\t"
    case 0x0A: shown += "\\n"
    case 0x0D: shown += "\\r"
    case let code where isControl(code): shown += escape(code)
    default: shown.unicodeScalars.append(scalar)
    }
  }
  return shown
}

private func isControl(_ code: UInt32) -> Bool {
  switch code {
  case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
  default: false
  }
}

private func escape(_ code: UInt32) -> String {
  let digits = Array("0123456789abcdef".utf8)
  let count = code < 0x100 ? 2 : 4
  var bytes = Array(count == 2 ? "\\x".utf8 : "\\u".utf8)
  for place in (0..<count).reversed() {
    bytes.append(digits[Int(code >> UInt32(4 * place)) & 15])
  }
  return String(decoding: bytes, as: UTF8.self)
}
