import CMTL
import MTLFormat
import MTLTrain

/// `mtl-train compare`.
enum CompareCommand: Subcommand {
  static let word = "compare"

  static let command = Command(
    name: "mtl-train compare", operands: ["DATASET"],
    summary: "Trains each task alone and all together, and says whether sharing helped.",
    options: [
      .init("-o", "RUN", "folder of the runs: RUN/together, and RUN/alone-<task> for each task")
    ] + FitOptions.training + [
      .init("--resume", nil, "continue the runs in RUN where their last whole epochs ended")
    ],
    notes: """
      All runs have the same network, recipe, seed and images. A difference is called one only if
      luck would bring it about in less than one of twenty comparisons (sign test over the images
      that one side names right and the other wrong).
      The network branches shares nothing between tasks: lean and reference do.
      Exit status: 0 compared, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.

      Example:
        mtl-train compare photos -o comparison --tasks color,product --net lean
      """)

  /// One trained network on the validation images.
  private struct Result {
    let parameters: Int
    /// Seconds of training; nil if it was done before.
    let seconds: Double?
    let measures: Measures
  }

  static func run(_ arguments: Arguments) throws -> Int32 {
    let root = RunFolder(try arguments.required("-o"))
    let index = try DataSetIndex(
      arguments.operands[0], tasks: CommonOptions.taskNames(arguments))
    let tasks = index.labels.tasks
    guard tasks.count > 1 else {
      throw arguments.error("there is one task only (\(tasks[0].name)): nothing to compare")
    }
    let workers = try CommonOptions.workers(arguments)
    let wanted = try FitOptions.wanted(arguments, index, nil)
    let sides = [nil] + tasks.map { Optional($0) }
    let folders = root.below(["together"] + tasks.map { "alone-" + $0.name })
    let begun = folders.filter { $0.holdsRun }
    if let first = begun.first, !arguments.has("--resume") {
      throw arguments.error(
        "\(first.path) holds a run: continue it with --resume, or choose another folder")
    }
    try root.create()
    let (data, split) = try CommonOptions.images(arguments, index, wanted.configuration, workers)
    DataWarnings.labels(data, split)

    var results: [Result] = []
    for (task, folder) in zip(sides, folders) {
      var own = wanted
      if task != nil {
        // What one task counts beside others has no meaning for it alone.
        (own.configuration.taskWeights, own.configuration.learnsTaskWeights) = ([], false)
      }
      Console.out("\n\(task.map { "\($0.name) alone" } ?? "all tasks together")\n")
      let images = try task.map { task in try DataSet(data, keeping: task) } ?? data
      guard let result = try train(own, folder, images, split, arguments, workers)
      else {
        return 130
      }
      results.append(result)
    }
    Console.out("\n" + table(tasks, together: results[0], alone: Array(results.dropFirst())))
    if wanted.configuration.network == NetworkKind.branches.name {
      Console.out("The network branches shares nothing: whatever differs here is luck.\n")
    }
    return 0
  }

  /// nil if somebody wished to stop.
  private static func train(
    _ wanted: FitOptions.Wanted, _ folder: RunFolder, _ data: DataSet, _ split: Split,
    _ arguments: Arguments, _ workers: Workers
  ) throws -> Result? {
    // One of them may not have begun when the others were stopped.
    let before = folder.holdsRun ? try FitCommand.previous(folder, arguments) : nil
    if let before, before.configuration != wanted.configuration {
      throw arguments.error("\(folder.path) holds a run with other options")
    }
    try FitCommand.claim(folder, before, arguments)
    let clock = ContinuousClock()
    let start = clock.now
    guard try FitCommand.fit(wanted, folder, data, split, before, workers) == 0 else { return nil }
    let seconds = start.duration(to: clock.now) / .seconds(1)
    let best = try Checkpoint(reading: folder.best)
    return Result(
      parameters: try best.network().layers.reduce(0) { sum, layer in
        sum + layer.parameters.reduce(0) { $0 + $1.count }
      },
      seconds: before == nil ? seconds : nil,
      measures: try FitCommand.measures(best, data, split.part("val"), workers))
  }

  private static func table(
    _ tasks: [LabelSet.Task], together: Result, alone: [Result]
  ) -> String {
    var lines = [["", "alone", "together", "right only alone", "only together", "sharing"]]
    var verdicts: [(String, Verdict)] = []
    func add(_ name: String, _ alone: [Bool?], _ together: [Bool?]) {
      let known = zip(alone, together).filter { $0 != nil && $1 != nil }.map { ($0!, $1!) }
      let verdict = Verdict(
        onlyAlone: known.count { $0 && !$1 }, onlyTogether: known.count { !$0 && $1 })
      func part(_ count: Int) -> String { percent(share(count, of: known.count)) }
      lines.append([
        name, part(known.count { $0.0 }), part(known.count { $0.1 }), "\(verdict.onlyAlone)",
        "\(verdict.onlyTogether)", verdict.word,
      ])
      verdicts.append((name, verdict))
    }
    for (number, task) in tasks.enumerated() {
      add(
        task.name, alone[number].measures.isRight.map { $0[0] },
        together.measures.isRight.map { $0[number] })
    }
    let images = together.measures.isRight.indices
    let allAlone = images.map { image in
      allOf(alone.map { $0.measures.isRight[image][0] })
    }
    add("exact match", allAlone, images.map { allOf(together.measures.isRight[$0]) })

    let parameters = alone.reduce(0) { $0 + $1.parameters }
    lines.append(["parameters", "\(parameters)", "\(together.parameters)", "", "", ""])
    let times = alone.compactMap { $0.seconds }
    lines.append([
      "training, s", times.count == alone.count ? fixed(times.reduce(0, +), 0) : "",
      together.seconds.map { fixed($0, 0) } ?? "", "", "", "",
    ])
    return columns(lines) + "\n" + sentence(verdicts)
  }

  /// Whether all are true; nil if one is not known.
  private static func allOf(_ values: [Bool?]) -> Bool? {
    values.contains { $0 == nil } ? nil : values.allSatisfy { $0! }
  }

  private static func sentence(_ verdicts: [(String, Verdict)]) -> String {
    let helped = verdicts.filter { $0.1.word == "helped" }.map { $0.0 }
    let harmed = verdicts.filter { $0.1.word == "harmed" }.map { $0.0 }
    if helped.isEmpty && harmed.isEmpty {
      return "Sharing made no difference that these images could show.\n"
    }
    return [("helped", helped), ("harmed", harmed)].filter { !$0.1.isEmpty }.map {
      "Sharing \($0.0): \($0.1.joined(separator: ", ")).\n"
    }.joined()
  }
}

/// What images say that only one of two networks names right.
struct Verdict {
  let onlyAlone: Int, onlyTogether: Int

  var word: String {
    guard luck < 0.05 else { return "no difference" }
    return onlyTogether > onlyAlone ? "helped" : "harmed"
  }

  /// How likely so uneven a pair is if each image were as likely on either side (sign test, both
  /// directions).
  private var luck: Double {
    let all = onlyAlone + onlyTogether
    var sum = 0.0
    // Each term is a number of choices over 2^all, by its logarithm: both grow beyond any float.
    var logarithm = -Double(all) * log(2.0)
    for count in 0...min(onlyAlone, onlyTogether) {
      sum += exp(logarithm)
      logarithm += log(Double(all - count)) - log(Double(count + 1))
    }
    return min(1, 2 * sum)
  }
}
