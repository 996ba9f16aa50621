import CMTL
import MTLFormat

/// Text with tables whose columns are as wide as their widest cell.
struct TextTable {
  private(set) var bytes: [UInt8] = []
  private var rows: [[Message]] = []

  mutating func line(_ text: Message = "") {
    guard mtl_memory_failed() == 0 else { return }
    bytes += text.utf8
    bytes.append(UInt8(ascii: "\n"))
  }

  /// A row of the table that `endTable` will write.
  mutating func row(_ cells: [Message]) {
    // What a text lacks that is not handed out any more needs no memory either.
    if mtl_memory_failed() == 0 { rows.append(cells) }
  }

  mutating func endTable(rightAligned: [Int] = []) {
    guard mtl_memory_failed() == 0 else { return }
    let columns = rows.reduce(0) { max($0, $1.count) }
    var widths = Array(repeating: 0, count: columns)
    for row in rows {
      for (column, cell) in row.enumerated() {
        widths[column] = max(widths[column], cell.characterCount)
      }
    }
    for row in rows where mtl_memory_failed() == 0 {
      for (column, cell) in row.enumerated() {
        let space = Array(
          repeating: UInt8(ascii: " "), count: widths[column] - cell.characterCount)
        let isLast = column == row.count - 1
        if rightAligned.contains(column) { bytes += space }
        bytes += cell.utf8
        if !rightAligned.contains(column), !isLast { bytes += space }
        if !isLast { bytes += [UInt8(ascii: " "), UInt8(ascii: " ")] }
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    rows = []
  }
}

extension Message {
  /// Code points: bytes but those that continue one.
  fileprivate var characterCount: Int { utf8.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) } }
}
