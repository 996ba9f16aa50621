import CMTL
import MTLFormat
import MTLWriter

/// The files of a data set, none of them opened yet: folders `<label>_<label>/`, one label per
/// task, each with any number of images; or the rows of a table, `DataSetIndex+Manifest.swift`.
public struct DataSetIndex {
  public struct Entry {
    /// Relative to the data set, `folder/file`; or absolute, in a table.
    public let path: String
    /// The images that share its answers.
    public let folder: Int
    /// The part of the split that a table puts it into; nil if it does not say.
    public var part: String?
  }

  public let root: String
  public let labels: LabelSet
  /// Names of the combinations of labels: folders, or made like their names.
  public let folders: [String]
  /// For each folder the answer of each task: the labels that hold, as ascending indexes into
  /// `labels.labels`, of an exclusive task one; nil: not known.
  public let answers: [[[Int]?]]
  /// In the order of folders and files, or of a table's rows.
  public let entries: [Entry]
  /// Whether it is a table's.
  public let isManifest: Bool
  /// Whether the labels are those of its images; else they were known before.
  let hasOwnLabels: Bool

  /// What a user ought to know of it, a line each.
  public let notes: [String]

  init(
    manifest root: String, labels: LabelSet, folders: [String], answers: [[[Int]?]],
    entries: [Entry], isManifest: Bool = true, hasOwnLabels: Bool, notes: [String] = []
  ) {
    self.notes = notes
    (self.root, self.labels, self.folders) = (root, labels, folders)
    (self.answers, self.entries, self.isManifest) = (answers, entries, isManifest)
    self.hasOwnLabels = hasOwnLabels
  }

  /// Whether `path` is that of a table rather than of a folder: it ends in `.csv` or `.tsv`.
  public static func isTable(_ path: String) -> Bool {
    [".csv", ".tsv"].contains { path.lowercased().hasSuffix($0) }
  }

  /// Of a table or of a folder.
  public init(_ path: String, tasks: [String]?) throws(Status) {
    if DataSetIndex.isTable(path) {
      try self.init(manifest: path, tasks: tasks)
    } else {
      try self.init(root: path, tasks: tasks)
    }
  }

  /// With the tasks and labels of `known`, of which the data set may hold a few only.
  /// Errors: as below, and a label that `known` does not have.
  public init(_ path: String, known: LabelSet) throws(Status) {
    let tasks = known.tasks.map { $0.name }
    if DataSetIndex.isTable(path) {
      try self.init(manifest: path, tasks: tasks, known: known)
    } else {
      try self.init(root: path, tasks: tasks, known: known)
    }
  }

  /// `tasks` names the parts of the folders' names in order; nil for `task1`, `task2` and so on.
  /// The labels are those of the folders, or `known`.
  /// Errors: no folders, names with too few or too many parts, a task with one label, a label that
  /// is not known, no files.
  public init(root: String, tasks: [String]?, known: LabelSet? = nil) throws(Status) {
    let all = try Folder.images(in: root)
    let used = all.filter { !$0.images.isEmpty }
    let folders = used.map { $0.folder.inLatin1 }
    guard let first = folders.first else {
      let reason =
        all.isEmpty ? "no folders named like \"red_dress\" in it" : "no images in its folders"
      throw Status(MTLRT_E_IO, "\(root.spelled): \(reason)")
    }
    let parts = folders.map { DataSetIndex.parts($0) }
    let names = tasks ?? (1...parts[0].count).map { "task\($0)" }
    for (folder, part) in zip(folders, parts) where part.count != names.count {
      let wanted =
        tasks == nil ? "\"\(first)\" has \(names.count)" : "there are \(names.count) tasks"
      throw Status(
        MTLRT_E_ARGUMENT,
        "\(root)/\(folder): the name has \(part.count) parts divided by \"_\", but \(wanted)")
    }
    let found = names.indices.map { index in DataSetIndex.unique(parts.map { $0[index] }) }
    let labels = if let known { known } else { try LabelSet(names: names, labels: found) }
    self.labels = labels
    answers = try zip(folders, parts).map { (folder, part) throws(Status) in
      try part.enumerated().map { (task, label) throws(Status) -> [Int]? in
        [try labels.index(of: label, inTask: task, at: "\(root)/\(folder)")]
      }
    }
    var entries: [Entry] = []
    for (index, folder) in used.enumerated() {
      entries += folder.images.map { Entry(path: $0, folder: index) }
    }
    notes = all.compactMap { folder, images in
      if images.isEmpty { return "\(root)/\(folder): no images in it, left out" }
      return folder.isUTF8
        ? nil : "\(root)/\(folder): the name is not UTF-8, read as \(folder.inLatin1)"
    }
    self.root = root
    self.folders = folders
    self.entries = entries
    isManifest = false
    hasOwnLabels = known == nil
  }

  /// The path of an entry's file.
  func file(_ position: Int) -> String {
    let path = entries[position].path
    return path.utf8.first == UInt8(ascii: "/") ? path : root + "/" + path
  }

  /// The same images with one task alone.
  public func keeping(_ task: LabelSet.Task) throws(Status) -> DataSetIndex {
    let number = labels.tasks.firstIndex(of: task)!
    let kept = try LabelSet(
      names: [task.name], labels: [task.labels.map { labels.labels[$0] }],
      independent: task.isExclusive ? [] : [task.name])
    let answers = answers.map { answer in
      [answer[number].map { own in own.map { task.labels.firstIndex(of: $0)! } }]
    }
    return DataSetIndex(
      manifest: root, labels: kept, folders: folders, answers: answers, entries: entries,
      isManifest: isManifest, hasOwnLabels: hasOwnLabels, notes: notes)
  }

  private static func parts(_ folder: String) -> [String] {
    folder.split(separator: "_", omittingEmptySubsequences: false).map(String.init)
  }

  private static func unique(_ names: [String]) -> [String] {
    names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}
