import CMTL
import MTLFormat
import MTLTrain

/// `mtl-train survey`.
enum SurveyCommand: Subcommand {
  static let word = "survey"

  static let command = Command(
    name: "mtl-train survey", operands: ["DATASET"],
    summary: "Counts the images of each label and of each combination of labels.",
    options: [CommonOptions.tasks, CommonOptions.threads],
    notes: """
      Pictures that are there more than once are listed, those with contradicting answers first.
      Every file is decoded; those that are no images are listed and not counted.
      Exit status: 0 all good, 1 failed or some files were not readable, 2 wrong usage.

      Example:
        mtl-train survey photos --tasks color,product
      """)

  static func run(_ arguments: Arguments) throws -> Int32 {
    let index = try DataSetIndex(
      arguments.operands[0], tasks: CommonOptions.taskNames(arguments))
    let data = try CommonOptions.load(
      index, side: 32, workers: try CommonOptions.workers(arguments))
    var sections: [(String, [(String, Int)])] = []
    for (number, task) in index.labels.tasks.enumerated() {
      let rows = task.labels.map { label in
        let count = data.entries.count { index.answers[$0.folder][number]?.contains(label) == true }
        return (index.labels.labels[label], count)
      }
      sections.append((task.name, rows))
    }
    let combinations = index.folders.enumerated().map { folder, name in
      (name, data.entries.count { $0.folder == folder })
    }
    sections.append(("combination", combinations))
    Console.out(BarChart(sections).text + "\n\(data.entries.count) images\n")
    reportDuplicates(data)
    return data.unreadable.isEmpty ? 0 : 1
  }

  /// Pictures that are there more than once, those with answers that contradict each other first.
  private static func reportDuplicates(_ data: DataSet) {
    let groups = data.duplicates()
    let isConflict = groups.map { group in
      group.contains { first in group.contains { data.disagree(first, $0) } }
    }
    for wanted in [true, false] {
      let own = zip(groups, isConflict).filter { $0.1 == wanted }.map { $0.0 }
      if own.isEmpty { continue }
      Console.out(
        wanted
          ? "\npictures with answers that contradict each other: \(own.count)\n"
          : "\npictures more than once, with the same answers: \(own.count)\n")
      for group in own.prefix(20) {
        let paths = group.map { printable(data.entries[$0].path) }
        Console.out("  " + paths.joined(separator: "  ") + "\n")
      }
      if own.count > 20 { Console.out("  and \(own.count - 20) more\n") }
    }
  }
}
