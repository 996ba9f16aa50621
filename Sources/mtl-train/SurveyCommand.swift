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
      Every file is decoded; those that are no images are listed and not counted.
      Exit status: 0 all good, 1 failed or some files were not readable, 2 wrong usage.

      Example:
        mtl-train survey photos --tasks color,product
      """)

  static func run(_ arguments: Arguments) throws -> Int32 {
    let index = try DataSetIndex(
      root: arguments.operands[0], tasks: CommonOptions.taskNames(arguments))
    let data = try CommonOptions.load(
      index, side: 8, workers: try CommonOptions.workers(arguments))
    var sections: [(String, [(String, Int)])] = []
    for (number, task) in index.labels.tasks.enumerated() {
      let rows = task.labels.map { label in
        let count = data.entries.count { index.answers[$0.folder][number] == label }
        return (index.labels.labels[label], count)
      }
      sections.append((task.name, rows))
    }
    let combinations = index.folders.enumerated().map { folder, name in
      (name, data.entries.count { $0.folder == folder })
    }
    sections.append(("combination", combinations))
    Console.out(BarChart(sections).text + "\n\(data.entries.count) images\n")
    return data.unreadable.isEmpty ? 0 : 1
  }
}
