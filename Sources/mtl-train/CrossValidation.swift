import CMTL
import MTLFormat
import MTLTrain

/// `mtl-train fit --cross-validate-combinations`: one run for each folder of the data set, which
/// learns nothing from it; then a table of how the folder was named, beside what was seen.
enum CrossValidation {
  private struct Row {
    let name: String
    /// On the folder that was held out, and on the validation part of the others.
    let unseen: Score, seen: Score
  }

  static func run(
    _ arguments: Arguments, _ root: RunFolder, tasks: [String]?
  ) throws -> Int32 {
    let index = try DataSetIndex(arguments.operands[0], tasks: tasks)
    let workers = try CommonOptions.workers(arguments)
    let first = try FitOptions.wanted(arguments, index, nil)
    try root.create()
    let (data, split) = try CommonOptions.images(arguments, index, first.configuration, workers)
    var rows: [Row] = []
    for (name, folder) in zip(index.folders, root.below(index.folders)) {
      // A run of them that was not begun yet is begun, though others are resumed.
      let checkpoint = folder.holdsRun ? try FitCommand.previous(folder, arguments) : nil
      let wanted = try FitOptions.wanted(arguments, index, checkpoint, heldOut: [name])
      try FitCommand.claim(folder, checkpoint, arguments)
      Console.out("\nwithout \(name)\n")
      DataWarnings.labels(data, try split.holdingOut([name], data))
      let status = try FitCommand.fit(wanted, folder, data, split, checkpoint, workers)
      if status != 0 { return status }
      guard let best = try Checkpoint(reading: folder.best).history.rows.last else { continue }
      rows.append(
        Row(
          name: name,
          unseen: try FitCommand.heldOut(wanted.configuration, folder, data, split, workers),
          seen: best.score))
    }
    Console.out("\n" + table(rows, index.labels.tasks.map { $0.name }))
    return 0
  }

  private static func table(_ rows: [Row], _ tasks: [String]) -> String {
    var lines = [["held out", "images", "exact"] + tasks + ["exact on seen"]]
    for row in rows {
      lines.append(
        [row.name, "\(row.unseen.images)", percent(row.unseen.exact)]
          + row.unseen.tasks.map { percent($0) } + [percent(row.seen.exact)])
    }
    func mean(_ figure: (Row) -> Double?) -> String {
      let known = rows.compactMap { figure($0) }
      return percent(known.isEmpty ? nil : known.reduce(0, +) / Double(known.count))
    }
    lines.append(
      ["mean", "", mean { $0.unseen.exact }]
        + tasks.indices.map { task in mean { $0.unseen.tasks[task] } } + [mean { $0.seen.exact }])
    return columns(lines)
  }
}
