import CMTL
import MTLFormat

extension DataSetIndex {
  /// The rows of a CSV file: a column `path`, relative to the file, perhaps a column `split`, and a
  /// column for each task. A cell that is empty or nan says that the answer is not known.
  ///
  /// A column with a semicolon in some cell is that of a task of which any number of labels may
  /// hold: `hat;scarf` two of them, `hat` or `hat;` one, and `;` none.
  ///
  /// `tasks` names the columns to learn; nil: all but `path` and `split`. The labels are those of
  /// the cells, or `known`, which says too of which tasks any number may hold.
  /// Errors: no such file or column, a path that is empty or comes twice, no rows, a task with one
  /// label, a label that is not known.
  public init(
    manifest file: String, tasks: [String]?, known: LabelSet? = nil
  ) throws(Status) {
    let table = try CSVTable(path: file)
    let pathColumn = try table.column("path")
    let splitColumn = table.header.firstIndex(of: "split")
    let names = tasks ?? table.header.filter { !["path", "split", ""].contains($0) }
    guard !names.isEmpty else {
      throw Status(MTLRT_E_IO, "\(file): no column for a task beside path and split")
    }
    let columns = try names.map { (name) throws(Status) in try table.column(name) }
    let columnsOfLists = zip(names, columns).filter { _, column in
      table.rows.contains { $0.fields[column].contains(";") }
    }
    let free = known?.independent ?? Set(columnsOfLists.map { $0.0 })
    let found = zip(names, columns).map { name, column in
      let cells = table.rows.map { DataSetIndex.known($0.fields[column]) }
      return Set(cells.flatMap { DataSetIndex.words($0, isList: free.contains(name)) })
        .sorted(by: Folder.precedes)
    }
    let labels =
      if let known { known } else {
        try LabelSet(names: names, labels: found, independent: free)
      }
    var (folders, answers, entries) = ([String](), [[[Int]?]](), [Entry]())
    var numbers: [[String]: Int] = [:]
    var seen: Set<String> = []
    for row in table.rows {
      let path = row.fields[pathColumn]
      try DataSetIndex.check(path, "\(file):\(row.line)", &seen)
      let words = columns.map { DataSetIndex.known(row.fields[$0]) }
      if numbers[words] == nil {
        numbers[words] = folders.count
        folders.append(
          zip(names, words).map { name, cell in
            let own = DataSetIndex.words(cell, isList: free.contains(name))
            return cell.isEmpty ? "?" : own.isEmpty ? "none" : own.joined(separator: ";")
          }.joined(separator: "_"))
        answers.append(
          try zip(names, words).enumerated().map { (task, column) throws(Status) in
            if column.1.isEmpty { return nil }
            return try DataSetIndex.words(column.1, isList: free.contains(column.0))
              .map { (label) throws(Status) in
                try labels.index(of: label, inTask: task, at: "\(file):\(row.line)")
              }.sorted()
          })
      }
      let part = splitColumn.map { row.fields[$0] } ?? ""
      entries.append(
        Entry(path: path, folder: numbers[words]!, part: part.isEmpty ? nil : part))
    }
    guard !entries.isEmpty else { throw Status(MTLRT_E_IO, "\(file): no rows") }
    let folder = file.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(file[..<$0]) } ?? "."
    self.init(
      manifest: folder.isEmpty ? "/" : folder, labels: labels, folders: folders,
      answers: answers, entries: entries, hasOwnLabels: known == nil)
  }

  /// A cell, empty where it says that nothing is known, as programs write it.
  private static func known(_ cell: String) -> String {
    ["nan", "NaN", "NAN", "<NA>"].contains(cell) ? "" : cell
  }

  /// The labels that a cell names, each once.
  private static func words(_ cell: String, isList: Bool) -> [String] {
    guard isList else { return cell.isEmpty ? [] : [cell] }
    return Set(cell.split(separator: ";").map { trimmed($0) }.filter { !$0.isEmpty })
      .sorted(by: Folder.precedes)
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }

  private static func check(
    _ path: String, _ place: String, _ seen: inout Set<String>
  ) throws(Status) {
    if path.isEmpty || path.utf8.contains(0) {
      throw Status(MTLRT_E_IO, "\(place): the path \"\(path)\" is none")
    }
    if !seen.insert(path).inserted {
      throw Status(MTLRT_E_IO, "\(place): \(path) is named twice")
    }
  }
}
