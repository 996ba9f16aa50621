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
      Exit status: 0 all good, 1 failed or some images were not readable, 2 wrong usage.

      Examples:
        mtl-train evaluate run photos
        mtl-train evaluate run photos --split split.csv --part val --json
      """)

  static func run(_ arguments: Arguments) throws -> Int32 {
    if arguments.has("--part") && !arguments.has("--split") {
      throw arguments.error("--part needs --split")
    }
    let folder = RunFolder(arguments.operands[0])
    let name = try arguments.choice("--checkpoint", of: ["best", "last"]) ?? "best"
    let checkpoint = try Checkpoint(reading: name == "best" ? folder.best : folder.last)
    let network = try checkpoint.network()
    let workers = try CommonOptions.workers(arguments)
    let batch = 32
    try network.prepare(capacity: batch, workers: workers)
    let index = try DataSetIndex(
      root: arguments.operands[1], tasks: checkpoint.labels.tasks.map { $0.name })
    guard index.labels == checkpoint.labels else {
      throw Status(
        MTLRT_E_ARGUMENT,
        "the run knows the labels \(checkpoint.labels.labels.joined(separator: ", ")), "
          + "the data set has \(index.labels.labels.joined(separator: ", "))")
    }
    let data = try CommonOptions.load(index, side: network.inputShape.width, workers: workers)
    var positions = Array(data.entries.indices)
    if arguments.has("--split") {
      positions = try CommonOptions.split(arguments, data, seed: 0)
        .part(arguments.text("--part") ?? "val")
    }
    let score = Evaluator(network: network, data: data, workers: workers, batch: batch)
      .score(positions)
    Console.out(
      arguments.has("--json")
        ? json(score, checkpoint) : text(score, checkpoint))
    return data.unreadable.isEmpty ? 0 : 1
  }

  private static func text(_ score: Score, _ checkpoint: Checkpoint) -> String {
    var rows = [("images", "\(score.images)"), ("epoch", "\(checkpoint.epoch)")]
    for (task, value) in zip(checkpoint.labels.tasks, score.tasks) {
      rows.append((task.name, percent(value)))
    }
    rows += [("exact match", percent(score.exact)), ("loss", fixed(score.loss, 4))]
    let width = rows.map { $0.0.count }.max() ?? 0
    return rows.map { row in
      "\(row.0)\(String(repeating: " ", count: width - row.0.count))  \(row.1)\n"
    }.joined()
  }

  private static func json(_ score: Score, _ checkpoint: Checkpoint) -> String {
    let tasks = zip(checkpoint.labels.tasks, score.tasks).map { task, value in
      "\(MTLTrain.json(task.name)): \(fixed(value, 6))"
    }
    return "{\"images\": \(score.images), \"epoch\": \(checkpoint.epoch), "
      + "\"loss\": \(fixed(score.loss, 6)), \"exact\": \(fixed(score.exact, 6)), "
      + "\"tasks\": {\(tasks.joined(separator: ", "))}}\n"
  }
}
