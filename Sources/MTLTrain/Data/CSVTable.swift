import CMTL
import MTLFormat

/// A comma-separated file with a header line; a field may stand in double quotes (RFC 4180, without
/// line breaks in fields).
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
    let file = try Bytes.map(path: path)
    guard let text = String(validating: file.view, as: UTF8.self) else {
      throw Status(MTLRT_E_IO, "\(path): not UTF-8 text")
    }
    var header: [String] = []
    var rows: [Row] = []
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    for (index, line) in lines.enumerated() where !line.isEmpty {
      guard let fields = CSVTable.fields(line) else {
        throw Status(MTLRT_E_IO, "\(path):\(index + 1): a quote is not closed")
      }
      if header.isEmpty {
        header = fields
      } else if fields.count == header.count {
        rows.append(Row(line: index + 1, fields: fields))
      } else {
        throw Status(
          MTLRT_E_IO,
          "\(path):\(index + 1): \(fields.count) fields, but the header has \(header.count)")
      }
    }
    self.path = path
    self.header = header
    self.rows = rows
  }

  func column(_ name: String) throws(Status) -> Int {
    guard let index = header.firstIndex(of: name) else {
      throw Status(MTLRT_E_IO, "\(path): no column \"\(name)\" in its first line")
    }
    return index
  }

  private static func fields(_ line: Substring) -> [String]? {
    var fields = [""]
    var isQuoted = false
    var previousWasQuote = false
    for character in line {
      if character == "\"" {
        // A doubled quote within quotes is one quote.
        if previousWasQuote && !isQuoted { fields[fields.count - 1].append("\"") }
        isQuoted.toggle()
        previousWasQuote = true
        continue
      }
      previousWasQuote = false
      if character == "," && !isQuoted {
        fields.append("")
      } else {
        fields[fields.count - 1].append(character)
      }
    }
    return isQuoted ? nil : fields
  }
}
