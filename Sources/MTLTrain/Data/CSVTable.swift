import CMTL
import MTLFormat
import MTLWriter

/// A table as text with a header line: fields are divided by commas, tabs or semicolons, and may
/// stand in double quotes (RFC 4180). Blanks around a field without quotes do not belong to it, and
/// empty fields at the end of a line are left out where the header has none.
struct CSVTable {
  struct Row {
    /// Line of the file, from 1.
    let line: Int
    let fields: [String]
  }

  let path: String
  let header: [String]
  let rows: [Row]

  /// Errors: no such file, an unclosed quote, a row with more or fewer fields than the header.
  init(path: String) throws(Status) {
    let file = try Bytes.map(file: path)
    let text = try CSVTable.text(file.view, path)
    // The header says what divides fields: that by which one of them is `path`.
    let divider = [UInt8(ascii: ","), UInt8(ascii: "\t"), UInt8(ascii: ";")].first { divider in
      var reader = FieldReader(text: text, divider: divider)
      return reader.next()?.fields?.contains("path") == true
    }
    let lines = try CSVTable.lines(text, divider ?? UInt8(ascii: ","), path)
    guard let first = lines.first else { throw Status(MTLRT_E_IO, "\(path.spelled): it is empty") }
    var header = first.fields
    while header.last?.isEmpty == true { header.removeLast() }
    self.path = path
    self.header = header
    rows = try lines.dropFirst().map { (row) throws(Status) in
      var fields = row.fields
      while fields.count > header.count, fields.last?.isEmpty == true { fields.removeLast() }
      guard fields.count == header.count else {
        throw Status(
          MTLRT_E_IO,
          "\(path.spelled):\(row.line): \(fields.count) fields, but the header has \(header.count)")
      }
      return Row(line: row.line, fields: fields)
    }
  }

  func column(_ name: String) throws(Status) -> Int {
    guard let index = header.firstIndex(of: name) else {
      let found = header.map { "\"\($0)\"" }.joined(separator: ", ")
      throw Status(
        MTLRT_E_IO,
        "\(path.spelled): no column \"\(name)\" in its first line, which has \(found)")
    }
    return index
  }

  /// The bytes of the text without a byte order mark.
  private static func text(
    _ bytes: UnsafeRawBufferPointer, _ path: String
  ) throws(Status) -> [UInt8] {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(bytes.dropFirst(3)) }
    let isLittle = bytes.starts(with: [0xFF, 0xFE])
    if isLittle || bytes.starts(with: [0xFE, 0xFF]) {
      let units = stride(from: 2, to: bytes.count - 1, by: 2).map { place in
        let (a, b) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
        return isLittle ? b << 8 | a : a << 8 | b
      }
      return Array(String(decoding: units, as: UTF16.self).utf8)
    }
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Status(MTLRT_E_IO, "\(path.spelled): not UTF-8 text")
    }
    return Array(bytes)
  }

  /// All lines that hold anything.
  private static func lines(
    _ text: [UInt8], _ divider: UInt8, _ path: String
  ) throws(Status) -> [Row] {
    var rows: [Row] = []
    var reader = FieldReader(text: text, divider: divider)
    while let (line, fields) = reader.next() {
      guard let fields else {
        throw Status(MTLRT_E_IO, "\(path.spelled):\(line): a quote is not closed")
      }
      if fields.contains(where: { !$0.isEmpty }) { rows.append(Row(line: line, fields: fields)) }
    }
    return rows
  }
}

/// Reads the fields of one line after the other.
private struct FieldReader {
  let text: [UInt8]
  let divider: UInt8
  private var place = 0
  private var line = 1

  init(text: [UInt8], divider: UInt8) {
    self.text = text
    self.divider = divider
  }

  /// nil at the end; no fields where a quote is not closed.
  mutating func next() -> (line: Int, fields: [String]?)? {
    guard place < text.count else { return nil }
    let start = line
    var fields: [String] = []
    while true {
      guard let field = field() else { return (start, nil) }
      fields.append(field)
      guard place < text.count, text[place] == divider else { break }
      place += 1
    }
    if place < text.count, text[place] == 0x0D { place += 1 }
    if place < text.count, text[place] == 0x0A { place += 1 }
    line += 1
    return (start, fields)
  }

  private var isAtEnd: Bool {
    place >= text.count || text[place] == divider || text[place] == 0x0A || text[place] == 0x0D
  }

  private func isBlank(_ byte: UInt8) -> Bool {
    (byte == 0x20 || byte == 0x09) && byte != divider
  }

  private mutating func skipBlanks() {
    while place < text.count, isBlank(text[place]) { place += 1 }
  }

  /// Up to what ends it; nil where a quote is not closed.
  private mutating func field() -> String? {
    skipBlanks()
    var bytes: [UInt8] = []
    if place < text.count, text[place] == UInt8(ascii: "\"") {
      place += 1
      while true {
        guard place < text.count else { return nil }
        let byte = text[place]
        place += 1
        if byte == UInt8(ascii: "\"") {
          // A doubled quote within quotes is one quote.
          guard place < text.count, text[place] == byte else { break }
          place += 1
        }
        if byte == 0x0A { line += 1 }
        bytes.append(byte)
      }
      skipBlanks()
    }
    while !isAtEnd {
      bytes.append(text[place])
      place += 1
    }
    while let last = bytes.last, isBlank(last) { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
