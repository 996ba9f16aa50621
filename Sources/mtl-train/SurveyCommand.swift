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

  /// Combinations that are shown.
  private static let combinationsMost = 40

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
    let counts = data.entries.reduce(into: [Int: Int]()) { $0[$1.folder, default: 0] += 1 }
    let combinations = index.folders.enumerated().map { ($1, counts[$0] ?? 0) }
    // As they come where they can be taken in at a glance, else the largest first.
    let isLong = combinations.count > combinationsMost
    let shown = isLong ? combinations.sorted { $0.1 > $1.1 } : combinations
    sections.append(("combination", Array(shown.prefix(combinationsMost))))
    let rest = shown.dropFirst(combinationsMost)
    let more =
      rest.isEmpty
      ? "" : "  and \(rest.count) more, of \(rest.reduce(0) { $0 + $1.1 }) images in all\n"
    Console.out(BarChart(sections).text + more + "\n\(data.entries.count) images\n")
    reportDuplicates(data)
    return data.unreadable.isEmpty ? 0 : 1
  }

  /// Pictures that are there more than once, those with answers that contradict each other first.
  private static func reportDuplicates(_ data: DataSet) {
    let groups = data.duplicates
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
