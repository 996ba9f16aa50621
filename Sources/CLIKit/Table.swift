/// Text in columns that are as wide as their widest cell.
public struct Table {
  private var rows: [[String]]

  public init(_ header: [String]) { rows = [header] }

  /// Cells may be names of any characters.
  public mutating func add(_ cells: [String]) { rows.append(cells.map { printable($0) }) }

  /// Numbers look best when they end in one column.
  public func text(rightAligned: [Int]) -> String {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.unicodeScalars.count)
      }
    }
    var text = ""
    for row in rows {
      var line: [UInt8] = []
      for (column, cell) in row.enumerated() {
        if column > 0 { line += [UInt8(ascii: " "), UInt8(ascii: " ")] }
        line += padded(cell, widths[column], right: rightAligned.contains(column)).utf8
      }
      while line.last == UInt8(ascii: " ") { line.removeLast() }
      text += String(decoding: line, as: UTF8.self) + "\n"
    }
    return text
  }
}
