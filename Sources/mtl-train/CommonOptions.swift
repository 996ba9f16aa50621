import CMTL
import MTLFormat
import MTLTrain

/// Options that several commands share, and what they stand for.
enum CommonOptions {
  static let threads = Command.Option(
    "--threads", "N", "threads (default: the CPUs this process may use); never changes a result")
  static let tasks = Command.Option(
    "--tasks", "A,B",
    "names of the parts of the folders' names (default: task1,task2), or a table's columns")

  static func workers(_ arguments: Arguments) throws -> Workers {
    Workers(threads: try arguments.integer("--threads", in: 1...256) ?? Workers.available)
  }

  static func taskNames(_ arguments: Arguments) -> [String]? {
    arguments.text("--tasks")?.split(separator: ",", omittingEmptySubsequences: false)
      .map(String.init)
  }

  /// What a run learns from and is measured with. While images are read Ctrl-C ends the process at
  /// once, as there is nothing to keep yet; afterwards it is a wish.
  static func images(
    _ arguments: Arguments, _ index: DataSetIndex, _ run: RunConfiguration, _ workers: Workers
  ) throws -> (data: DataSet, split: Split) {
    Interrupt.endAtOnce()
    let data = try load(index, side: NetworkKind.named(run.network)!.side, workers: workers)
    let split = try split(arguments, data, seed: run.seed)
    DataWarnings.pictures(data, split)
    Interrupt.listen()
    return (data, split)
  }

  /// Reads a data set and says on standard error what was skipped.
  static func load(
    _ index: DataSetIndex, side: Int, workers: Workers
  ) throws(Status) -> DataSet {
    for note in index.notes { Console.error("mtl-train: \(printable(note))\n") }
    let progress = LoadingProgress(images: index.entries.count)
    defer { progress.stop() }
    let data = try DataSet(index, side: side, workers: workers) { progress.step() }
    progress.stop()
    warn(data.unreadable, "unreadable, skipped")
    return data
  }

  static func split(_ arguments: Arguments, _ data: DataSet, seed: UInt64) throws -> Split {
    let file = arguments.text("--split") ?? arguments.operands.last ?? ""
    let split: Split
    if arguments.has("--split") {
      split = try Split(data, file: file)
    } else if data.index.entries.contains(where: { $0.part != nil }) {
      split = Split(manifest: data)
    } else {
      return Split(data, seed: seed)
    }
    warn(split.missing.map { "\($0): in \(file), but not among the images" }, "not found")
    if split.unnamed > 0 {
      Console.error("mtl-train: \(split.unnamed) images are not in \(file): left out\n")
    }
    return split
  }

  /// Names the first of `files`, and counts them.
  static func warn(_ files: [String], _ what: String) {
    guard !files.isEmpty else { return }
    for text in files.prefix(20) { Console.error("mtl-train: \(printable(text))\n") }
    let more = files.count > 20 ? " (20 of them shown)" : ""
    Console.error("mtl-train: \(files.count) files \(what)\(more)\n")
  }
}
