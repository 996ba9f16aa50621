import CMTL
import MTLFormat
import MTLTrain

/// `mtl-train fit`.
enum FitCommand: Subcommand {
  static let word = "fit"

  static var command: Command {
    let nets = NetworkKind.all.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n")
    let recipes = Recipe.all.map { "  \($0.name): \($0.summary)" }.joined(separator: "\n")
    return Command(
      name: "mtl-train fit", operands: ["DATASET"],
      summary: "Trains a network on a folder of images, DATASET/<label>_<label>/*, or on a table.",
      options: [
        .init("-o", "RUN", "folder of the run: checkpoints, history.csv, report.json, report.html")
      ] + FitOptions.training + [
        .init("--hold-out", "A,B", "folders to learn nothing from, and to be judged by at the end"),
        .init("--init", "RUN", "start with the weights of another run, as far as they fit"),
        .init("--freeze", "trunk", "with --init: train nothing but the last layer of each branch"),
        .init(
          "--cross-validate-combinations", nil,
          "hold out each folder in turn, in RUN/<folder>, and print how each was named"),
        .init("--resume", nil, "continue the run in RUN where its last whole epoch ended"),
      ],
      notes: """
        Networks:
        \(nets)
        Recipes:
        \(recipes)

        A table is a .csv or .tsv file with a column path (relative to the file, or absolute), a
        column for each task, whose cells are empty or nan where the answer is not known, and
        perhaps a column split; commas, semicolons or tabs divide its fields. In a column
        with semicolons any number of labels may hold: "hat;scarf", "hat", and ";" for none.
        Where a task is about colors, the branches of the other tasks see a gray image,
        so that they name a black dress though all dresses that they have seen were blue or red.
        Calibration divides what a task's last layer says by a temperature, so that of the answers
        given with 90% nine of ten are right, and sets thresholds; both are fitted to the part val.
        Ctrl-C ends the run; the last whole epoch is kept, and --resume continues it bit for bit.
        Files that are no images are named and skipped. On a full disk the run goes on, and saves
        its epochs as soon as there is room.
        Exit status: 0 trained, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.

        Examples:
          mtl-train fit photos -o run --tasks color,product
          mtl-train fit photos -o run --split split.csv --epochs 5 --seed 1
          mtl-train fit photos/labels.csv -o run
          mtl-train fit photos -o run --split split.csv --epochs 50 --resume
          mtl-train fit photos -o run --tasks color,product --hold-out blue_shirt
          mtl-train fit photos -o run --tasks color,product --net lean --task-weights learned
          mtl-train fit fabrics.csv -o new --init run --freeze trunk
        """)
  }

  static func run(_ arguments: Arguments) throws -> Int32 {
    let folder = RunFolder(try arguments.required("-o"))
    let tasks = CommonOptions.taskNames(arguments)
    if arguments.has("--cross-validate-combinations") {
      if arguments.has("--hold-out") {
        throw arguments.error("--cross-validate-combinations holds out each folder in turn")
      }
      return try CrossValidation.run(arguments, folder, tasks: tasks)
    }
    var checkpoint = try previous(folder, arguments)
    let index = try DataSetIndex(
      arguments.operands[0], tasks: tasks ?? checkpoint?.labels.tasks.map { $0.name })
    let wanted = try FitOptions.wanted(arguments, index, checkpoint)
    let workers = try CommonOptions.workers(arguments)
    try claim(folder, checkpoint, arguments)
    if checkpoint != nil { checkpoint = try previous(folder, arguments) }
    let (data, split) = try CommonOptions.images(arguments, index, wanted.configuration, workers)
    DataWarnings.labels(data, try split.holdingOut(wanted.configuration.heldOut, data))
    let status = try fit(wanted, folder, data, split, checkpoint, workers)
    if status == 0 && !wanted.configuration.heldOut.isEmpty {
      let score = try heldOut(wanted.configuration, folder, data, split, workers)
      let tasks = zip(index.labels.tasks, score.tasks).map { "\($0.name) \(percent($1))" }
      Console.out(
        "held out: \(wanted.configuration.heldOut.joined(separator: ", ")): "
          + "\(score.images) images, exact \(percent(score.exact)), "
          + tasks.joined(separator: ", ") + "\n")
    }
    return status
  }

  /// Trains one run; returns the exit status.
  static func fit(
    _ wanted: FitOptions.Wanted, _ folder: RunFolder, _ data: DataSet, _ split: Split,
    _ checkpoint: Checkpoint?, _ workers: Workers
  ) throws -> Int32 {
    let split = try split.holdingOut(wanted.configuration.heldOut, data)
    let source = checkpoint == nil ? wanted.configuration.initialRun : ""
    let trainer = try Trainer(
      wanted.configuration, data: data, split: split, workers: workers, continuing: checkpoint,
      initial: source.isEmpty ? nil : Checkpoint(reading: RunFolder(source).best))
    announce(trainer, split, epochs: wanted.epochs, workers: workers)
    let status = try fit(trainer, epochs: wanted.epochs, folder: folder)
    if status == 0 { try writePage(folder, data, try split.part("val"), workers) }
    return status
  }

  /// The report of the run's best network.
  private static func writePage(
    _ folder: RunFolder, _ data: DataSet, _ positions: [Int], _ workers: Workers
  ) throws {
    let best = try Checkpoint(reading: folder.best)
    let last = try Checkpoint(reading: folder.last)
    var shown = best
    shown.history = last.history
    let words = ["mtl-train"] + CommandLine.arguments.dropFirst()
    let page = HTMLReport(
      shown, try measures(best, data, positions, workers), data, positions,
      command: words.map { shellWord($0) }.joined(separator: " "))
    try page.write(to: folder)
    Console.out("report: \(folder.page)\n")
  }

  /// How a checkpoint's network does on some images.
  static func measures(
    _ checkpoint: Checkpoint, _ data: DataSet, _ positions: [Int], _ workers: Workers
  ) throws -> Measures {
    let network = try checkpoint.network()
    let batch = max(1, min(32, positions.count))
    try network.prepare(capacity: batch, workers: workers)
    return Evaluator(network: network, data: data, workers: workers, batch: batch)
      .measure(positions, thresholds: checkpoint.thresholds)
  }

  /// As a shell reads it back.
  private static func shellWord(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ","), UInt8(ascii: "="):
        true
      default: false
      }
    }
    if plain && !word.isEmpty { return word }
    let escaped = word.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''")
    return "'" + escaped + "'"
  }

  /// How the run's best network does on the folders that it has not seen.
  static func heldOut(
    _ configuration: RunConfiguration, _ folder: RunFolder, _ data: DataSet, _ split: Split,
    _ workers: Workers
  ) throws -> Score {
    let positions = try split.holdingOut(configuration.heldOut, data).part(Split.heldOut)
    return try measures(Checkpoint(reading: folder.best), data, positions, workers).score
  }

  /// The run to continue, or nil for a new one.
  static func previous(
    _ folder: RunFolder, _ arguments: Arguments
  ) throws -> Checkpoint? {
    if arguments.has("--resume") {
      guard folder.holdsRun else {
        throw arguments.error("--resume: there is no run in \(folder.path)")
      }
      return try Checkpoint(reading: folder.last)
    }
    if folder.holdsRun { throw holdsRun(folder, arguments) }
    return nil
  }

  /// Makes the folder of a run and keeps other processes out of it. `before` is the run that was
  /// found there.
  static func claim(
    _ folder: RunFolder, _ before: Checkpoint?, _ arguments: Arguments
  ) throws {
    try folder.create()
    // Another process may have begun a run in the meantime, and ended.
    if before == nil, folder.holdsRun { throw holdsRun(folder, arguments) }
  }

  private static func holdsRun(_ folder: RunFolder, _ arguments: Arguments) -> CommandLineError {
    arguments.error(
      "\(folder.path) holds a run: continue it with --resume, or choose another folder")
  }

  private static func announce(
    _ trainer: Trainer, _ split: Split, epochs: Int, workers: Workers
  ) {
    let configuration = trainer.checkpoint.configuration
    let parameters = trainer.network.layers.flatMap { $0.parameters }
    let count = parameters.reduce(0) { $0 + $1.count }
    let frozen = parameters.contains { $0.isTrained } && configuration.isTrunkFrozen
      ? ", \(parameters.reduce(0) { $0 + ($1.isTrained ? $1.count : 0) }) of them trained" : ""
    let counts = split.parts.keys.sorted().map { "\($0) \(split.parts[$0]!.count)" }
    Console.out(
      """
      images: \(counts.joined(separator: ", "))
      network \(configuration.network), \(count) parameters\(frozen); \
      recipe \(configuration.recipe), \
      batch \(configuration.batch), seed \(configuration.seed), \(workers.threads) threads

      """)
    if trainer.checkpoint.epoch > 0 {
      Console.out("resumed after epoch \(trainer.checkpoint.epoch) of \(epochs)\n")
    }
  }

  private static func fit(_ trainer: Trainer, epochs: Int, folder: RunFolder) throws -> Int32 {
    let progress = Progress(epochs: epochs, tasks: trainer.checkpoint.labels.tasks.map { $0.name })
    var events = Trainer.Events()
    events.step = progress.step
    events.epoch = progress.epoch
    events.notSaved = progress.notSaved
    events.isStopWanted = { Interrupt.isPending }
    defer { progress.stop() }
    let outcome = try trainer.fit(epochs: epochs, folder: folder, events: events)
    progress.stop()
    if outcome == .interrupted {
      let done = trainer.checkpoint.epoch
      Console.error(
        done == 0
          ? "mtl-train: stopped in the first epoch: nothing was written\n"
          : "mtl-train: stopped after epoch \(done); --resume continues it\n")
      return 130
    }
    if let best = trainer.checkpoint.history.best(trainer.recipe) {
      Console.out(
        "best: epoch \(best.epoch), val loss \(fixed(best.score.loss, 4)), "
          + "exact \(percent(best.score.exact)); \(folder.best)\n")
    }
    if let uncertainty = trainer.network.taskUncertainty {
      let weights = zip(trainer.checkpoint.labels.tasks, uncertainty.value.elements).map {
        "\($0.name) \(fixed(exp(-Double($1)), 2))"
      }
      Console.out("learned weights: \(weights.joined(separator: ", "))\n")
    }
    if let crossFit = trainer.crossFit {
      let errors = zip(trainer.checkpoint.labels.tasks, crossFit.errors).map {
        "\($0.name) \(percent($1))"
      }
      Console.out(
        "calibrated: on halves of val that it was not fitted to, loss "
          + "\(fixed(crossFit.loss, 4)), calibration error \(errors.joined(separator: ", "))\n")
    }
    return 0
  }
}
