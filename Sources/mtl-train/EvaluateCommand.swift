import CMTL
import MTLFormat
import MTLTrain

/// `mtl-train evaluate`.
enum EvaluateCommand: Subcommand {
  static let word = "evaluate"

  static let command = Command(
    name: "mtl-train evaluate", operands: ["RUN", "DATASET"],
    summary: "Says how often a trained network is right on images with known labels.",
    options: [
      .init("--split", "FILE.csv", "take only the images of one part of this file"),
      .init("--part", "NAME", "which part (default: val)"),
      .init("--checkpoint", "NAME", "best or last (default: best)"),
      .init("--json", nil, "print JSON"),
      CommonOptions.threads,
    ],
    notes: """
      DATASET may hold any of the run's labels, and combinations that the run has not seen.
      Temperatures and thresholds are those of the run. On the images that they were fitted to,
      which are those of val, they look a little better than they are: report.json says how well
      they do on halves of val that they were not fitted to. Few images show some calibration
      error by chance alone, even of a network that is right exactly as often as it says.
      A dash, in JSON null, is the figure of labels and tasks that no image shows.
      Exit status: 0 all good, 1 failed or some images were not readable, 2 wrong usage.

      Examples:
        mtl-train evaluate run photos
        mtl-train evaluate run photos --split split.csv --part val --json
      """)

  static func run(_ arguments: Arguments) throws -> Int32 {
    let isManifest = DataSetIndex.isTable(arguments.operands[1])
    if arguments.has("--part") && !arguments.has("--split") && !isManifest {
      throw arguments.error("--part needs --split, or a table of images with a column split")
    }
    let folder = RunFolder(arguments.operands[0])
    let name = try arguments.choice("--checkpoint", of: ["best", "last"]) ?? "best"
    let checkpoint = try Checkpoint(reading: name == "best" ? folder.best : folder.last)
    let network = try checkpoint.network()
    let workers = try CommonOptions.workers(arguments)
    let index = try DataSetIndex(arguments.operands[1], known: checkpoint.labels)
    let data = try CommonOptions.load(index, side: network.inputShape.width, workers: workers)
    var positions = Array(data.entries.indices)
    if arguments.has("--split") || arguments.has("--part") {
      positions = try CommonOptions.split(arguments, data, seed: 0)
        .part(arguments.text("--part") ?? "val")
    }
    let batch = max(1, min(32, positions.count))
    try network.prepare(capacity: batch, workers: workers)
    let measures = Evaluator(network: network, data: data, workers: workers, batch: batch)
      .measure(positions, thresholds: checkpoint.thresholds)
    Console.out(
      arguments.has("--json")
        ? json(measures, checkpoint) : text(measures, checkpoint))
    return data.unreadable.isEmpty ? 0 : 1
  }

  private static func text(_ measures: Measures, _ checkpoint: Checkpoint) -> String {
    let score = measures.score
    var rows = [("images", "\(score.images)"), ("epoch", "\(checkpoint.epoch)")]
    for (task, value) in zip(checkpoint.labels.tasks, score.tasks) {
      rows.append((task.name, percent(value)))
    }
    rows += [("exact match", measures.exactText), ("loss", fixed(score.loss, 4))]
    let width = rows.map { $0.0.count }.max() ?? 0
    let head = rows.map { row in
      "\(row.0)\(String(repeating: " ", count: width - row.0.count))  \(row.1)\n"
    }.joined()
    return head + measures.tasks.map { table($0) }.joined()
  }

  /// A task's figures for each label, and which labels were taken for which.
  private static func table(_ task: Measures.Task) -> String {
    let names = task.confusion == nil ? [] : task.labels.map { "as " + $0.name }
    var lines = [[task.name, "precision", "recall", "F1", "AP", "images"] + names]
    for (number, label) in task.labels.enumerated() {
      let figures = [label.precision, label.recall, label.f1, label.averagePrecision]
      lines.append(
        [label.name] + figures.map { percent($0) } + ["\(label.images)"]
          + (task.confusion?[number] ?? []).map { "\($0)" })
    }
    return "\n" + columns(lines) + "calibration error \(percent(task.calibration.error)); "
      + "by chance alone it would be \(percent(task.calibration.chance))\n"
  }

  private static func json(_ measures: Measures, _ checkpoint: Checkpoint) -> String {
    let score = measures.score
    let tasks = zip(checkpoint.labels.tasks, score.tasks).map { task, value in
      "\(MTLTrain.json(task.name)): \(MTLTrain.json(value))"
    }
    let interval = measures.exactInterval
    return "{\"images\": \(score.images), \"epoch\": \(checkpoint.epoch), "
      + "\"loss\": \(fixed(score.loss, 6)), \"exact\": \(MTLTrain.json(score.exact)), "
      + "\"exact_95\": [\(fixed(interval.low, 6)), \(fixed(interval.high, 6))], "
      + "\"tasks\": {\(tasks.joined(separator: ", "))}, "
      + "\"details\": {\(measures.tasks.map { details($0) }.joined(separator: ", "))}}\n"
  }

  private static func details(_ task: Measures.Task) -> String {
    let labels = task.labels.map { label in
      "\(MTLTrain.json(label.name)): {\"images\": \(label.images), "
        + "\"precision\": \(MTLTrain.json(label.precision)), "
        + "\"recall\": \(MTLTrain.json(label.recall)), \"f1\": \(MTLTrain.json(label.f1)), "
        + "\"average_precision\": \(MTLTrain.json(label.averagePrecision))}"
    }
    return "\(MTLTrain.json(task.name)): {\"calibration_error\": "
      + "\(MTLTrain.json(task.calibration.error)), "
      + "\"calibration_chance\": \(MTLTrain.json(task.calibration.chance)), "
      + "\"confusion\": \(task.confusion.map { "\($0)" } ?? "null"), "
      + "\"labels\": {\(labels.joined(separator: ", "))}}"
  }
}
