import CMTL
import MTLFormat

extension DataSetIndex {
  /// The rows of a CSV file: a column `path`, relative to the file, perhaps a column `split`, and a
  /// column for each task. A cell that is empty says that the answer is not known.
  ///
  /// `tasks` names the columns to learn; nil: all but `path` and `split`.
  /// Errors: no such file or column, a path that is empty, leads out of the folder or comes twice,
  /// no rows, a task with one label.
  public init(manifest file: String, tasks: [String]?) throws(Status) {
    let table = try CSVTable(path: file)
    let pathColumn = try table.column("path")
    let splitColumn = table.header.firstIndex(of: "split")
    let names = tasks ?? table.header.filter { !["path", "split"].contains($0) }
    guard !names.isEmpty else {
      throw Status(MTLRT_E_IO, "\(file): no column for a task beside path and split")
    }
    let columns = try names.map { (name) throws(Status) in try table.column(name) }
    let labels = try LabelSet(
      names: names,
      labels: columns.map { column in
        Set(table.rows.map { $0.fields[column] }.filter { !$0.isEmpty })
          .sorted(by: Folder.precedes)
      })
    var (folders, answers, entries) = ([String](), [[Int?]](), [Entry]())
    var numbers: [[String]: Int] = [:]
    var seen: Set<String> = []
    for row in table.rows {
      let path = row.fields[pathColumn]
      try DataSetIndex.check(path, "\(file):\(row.line)", &seen)
      let words = columns.map { row.fields[$0] }
      if numbers[words] == nil {
        numbers[words] = folders.count
        folders.append(words.map { $0.isEmpty ? "?" : $0 }.joined(separator: "_"))
        answers.append(words.map { labels.labels.firstIndex(of: $0) })
      }
      let part = splitColumn.map { row.fields[$0] } ?? ""
      entries.append(
        Entry(path: path, folder: numbers[words]!, part: part.isEmpty ? nil : part))
    }
    guard !entries.isEmpty else { throw Status(MTLRT_E_IO, "\(file): no rows") }
    let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
    self.init(
      manifest: folder.isEmpty ? "/" : folder, labels: labels, folders: folders,
      answers: answers, entries: entries)
  }

  private static func check(
    _ path: String, _ place: String, _ seen: inout Set<String>
  ) throws(Status) {
    let steps = path.split(separator: "/", omittingEmptySubsequences: false)
    if path.isEmpty || path.hasPrefix("/") || steps.contains("..") || path.utf8.contains(0) {
      throw Status(MTLRT_E_IO, "\(place): the path \"\(path)\" is not one below the file's folder")
    }
    if !seen.insert(path).inserted {
      throw Status(MTLRT_E_IO, "\(place): \(path) is named twice")
    }
  }
}
