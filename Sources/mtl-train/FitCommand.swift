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
        .init("-o", "RUN", "folder of the run: checkpoints, history.csv, report.json, report.html"),
        .init(
          "--split", "FILE.csv", "columns path,split with train or val (default: 80/20 by seed)"),
        CommonOptions.tasks,
        .init("--epochs", "N", "passes over the training images (default: the recipe's)"),
        .init("--batch", "N", "images per step (default: the recipe's)"),
        .init("--seed", "N", "decides everything random (default: 1)"),
        CommonOptions.threads,
        .init("--net", "NAME", "network (default: the recipe's, or branches)"),
        .init("--recipe", "NAME", "recipe (default: the network's)"),
        .init(
          "--color-tasks", "A,B",
          "tasks that are about colors (default: those named color or colour)"),
        .init("--hold-out", "A,B", "folders to learn nothing from, and to be judged by at the end"),
        .init("--task-weights", "A=N,B=N", "what each task counts in the loss (default: 1)"),
        .init(
          "--balance", nil, "labels that few images have count more, as much in all as any other"),
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

        A table is a CSV file with a column path (relative to the file), a column for each task,
        whose empty cells say that the answer is not known, and perhaps a column split.
        Where a task is about colors, the branches of the other tasks are trained on mixed colors,
        so that they name a black dress though all dresses that they have seen were blue or red.
        Ctrl-C ends the run; the last whole epoch is kept, and --resume continues it bit for bit.
        Files that are no images are named and skipped.
        Exit status: 0 trained, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.

        Examples:
          mtl-train fit photos -o run --tasks color,product
          mtl-train fit photos -o run --split split.csv --epochs 5 --seed 1
          mtl-train fit photos/labels.csv -o run
          mtl-train fit photos -o run --split split.csv --epochs 50 --resume
          mtl-train fit photos -o run --tasks color,product --hold-out blue_shirt
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
    let checkpoint = try previous(folder, arguments)
    let index = try DataSetIndex(
      arguments.operands[0], tasks: tasks ?? checkpoint?.labels.tasks.map { $0.name })
    let wanted = try wanted(arguments, index, checkpoint)
    let workers = try CommonOptions.workers(arguments)
    try folder.create()
    Interrupt.listen()
    let data = try CommonOptions.load(
      index, side: NetworkKind.named(wanted.configuration.network)!.side, workers: workers)
    let split = try CommonOptions.split(arguments, data, seed: wanted.configuration.seed)
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

  typealias Wanted = (configuration: RunConfiguration, epochs: Int)

  /// Trains one run; returns the exit status.
  static func fit(
    _ wanted: Wanted, _ folder: RunFolder, _ data: DataSet, _ split: Split,
    _ checkpoint: Checkpoint?, _ workers: Workers
  ) throws -> Int32 {
    let split = try split.holdingOut(wanted.configuration.heldOut, data)
    let trainer = try Trainer(
      wanted.configuration, data: data, split: split, workers: workers, continuing: checkpoint)
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
      shown, try evaluator(best, data, workers).measure(positions), data, positions,
      command: words.map { shellWord($0) }.joined(separator: " "))
    try page.write(to: folder)
    Console.out("report: \(folder.page)\n")
  }

  private static func evaluator(
    _ checkpoint: Checkpoint, _ data: DataSet, _ workers: Workers
  ) throws -> Evaluator {
    let network = try checkpoint.network()
    let batch = 32
    try network.prepare(capacity: batch, workers: workers)
    return Evaluator(network: network, data: data, workers: workers, batch: batch)
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
    return try evaluator(Checkpoint(reading: folder.best), data, workers).score(positions)
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
    if folder.holdsRun {
      throw arguments.error(
        "\(folder.path) holds a run: continue it with --resume, or choose another folder")
    }
    return nil
  }

  /// A resumed run keeps its configuration; options that say otherwise are refused.
  static func wanted(
    _ arguments: Arguments, _ index: DataSetIndex, _ checkpoint: Checkpoint?,
    heldOut: [String]? = nil
  ) throws -> Wanted {
    let before = checkpoint?.configuration
    let named = try arguments.choice("--recipe", of: Recipe.all.map { $0.name })
    let net =
      try arguments.choice("--net", of: NetworkKind.all.map { $0.name }) ?? before?.network
      ?? named.flatMap { NetworkKind.suiting(recipe: $0)?.name } ?? NetworkKind.branches.name
    let name = named ?? before?.recipe ?? NetworkKind.named(net)!.recipe
    let recipe = Recipe.named(name)!
    let length = before?.epochs ?? 0
    let epochs =
      try arguments.integer("--epochs", in: 1...100_000) ?? (length > 0 ? length : recipe.epochs)
    let wanted = RunConfiguration(
      network: net, recipe: name,
      seed: try arguments.integer("--seed", in: 0...UInt64.max) ?? before?.seed ?? 1,
      batch: try arguments.integer("--batch", in: 1...4096) ?? before?.batch ?? recipe.batch,
      epochs: recipe.needsLength ? epochs : 0,
      colorTasks: try colorTasks(arguments, index) ?? before?.colorTasks
        ?? index.labels.tasks.map { $0.name }.filter { ["color", "colour"].contains($0) },
      heldOut: heldOut ?? list(arguments, "--hold-out") ?? before?.heldOut ?? [],
      taskWeights: try taskWeights(arguments, index) ?? before?.taskWeights ?? [],
      isBalanced: arguments.has("--balance") || before?.isBalanced ?? false)
    if let before, before != wanted {
      let length = recipe.needsLength ? " --epochs \(before.epochs)" : ""
      throw arguments.error(
        "the run was started with --net \(before.network) --recipe \(before.recipe) "
          + "--seed \(before.seed) --batch \(before.batch)\(length) "
          + "--color-tasks \"\(before.colorTasks.joined(separator: ","))\" "
          + "--hold-out \"\(before.heldOut.joined(separator: ","))\" "
          + "--task-weights \(before.taskWeights)\(before.isBalanced ? " --balance" : ""): "
          + "it can only be resumed with these")
    }
    return (wanted, epochs)
  }

  /// The names of an option, which may be none.
  private static func list(_ arguments: Arguments, _ option: String) -> [String]? {
    arguments.text(option)?.split(separator: ",").map(String.init)
  }

  /// In the order of tasks.
  private static func taskWeights(
    _ arguments: Arguments, _ index: DataSetIndex
  ) throws -> [Double]? {
    guard let pairs = list(arguments, "--task-weights") else { return nil }
    let tasks = index.labels.tasks.map { $0.name }
    var weights = [Double](repeating: 1, count: tasks.count)
    for pair in pairs {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let task = tasks.firstIndex(of: String(parts[0])),
        let weight = Double(parts[1]), weight >= 0, weight <= 1000
      else {
        throw arguments.error(
          "--task-weights: \"\(pair)\" is not TASK=N with N from 0 to 1000 "
            + "(tasks: \(tasks.joined(separator: ", ")))")
      }
      weights[task] = weight
    }
    return weights
  }

  private static func colorTasks(
    _ arguments: Arguments, _ index: DataSetIndex
  ) throws -> [String]? {
    guard let names = list(arguments, "--color-tasks") else { return nil }
    let tasks = index.labels.tasks.map { $0.name }
    if let unknown = names.first(where: { !tasks.contains($0) }) {
      throw arguments.error(
        "--color-tasks: no task \"\(unknown)\" (tasks: \(tasks.joined(separator: ", ")))")
    }
    return names
  }

  private static func announce(
    _ trainer: Trainer, _ split: Split, epochs: Int, workers: Workers
  ) {
    let configuration = trainer.checkpoint.configuration
    let parameters = trainer.network.parameters.reduce(0) { $0 + $1.count }
    let counts = split.parts.keys.sorted().map { "\($0) \(split.parts[$0]!.count)" }
    Console.out(
      """
      images: \(counts.joined(separator: ", "))
      network \(configuration.network), \(parameters) parameters; recipe \(configuration.recipe), \
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
    return 0
  }
}
