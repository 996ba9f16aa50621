/// Text with tables whose columns are as wide as their widest cell.
struct TextTable {
  private(set) var bytes: [UInt8] = []
  private var rows: [[String]] = []

  mutating func line(_ text: String = "") {
    bytes += Array(text.utf8)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// A row of the table that `endTable` will write.
  mutating func row(_ cells: [String]) { rows.append(cells) }

  mutating func endTable(rightAligned: [Int] = []) {
    let columns = rows.reduce(0) { max($0, $1.count) }
    var widths = Array(repeating: 0, count: columns)
    for row in rows {
      for (column, cell) in row.enumerated() {
        widths[column] = max(widths[column], cell.unicodeScalars.count)
      }
    }
    for row in rows {
      for (column, cell) in row.enumerated() {
        let space = Array(
          repeating: UInt8(ascii: " "), count: widths[column] - cell.unicodeScalars.count)
        let isLast = column == row.count - 1
        if rightAligned.contains(column) { bytes += space }
        bytes += Array(cell.utf8)
        if !rightAligned.contains(column), !isLast { bytes += space }
        if !isLast { bytes += [UInt8(ascii: " "), UInt8(ascii: " ")] }
      }
      bytes.append(UInt8(ascii: "\n"))
    }
    rows = []
  }
}
