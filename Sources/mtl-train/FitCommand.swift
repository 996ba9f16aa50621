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
      summary: "Trains a network on a folder of images, DATASET/<label>_<label>/*.",
      options: [
        .init("-o", "RUN", "folder of the run: checkpoints, history.csv, report.json"),
        .init(
          "--split", "FILE.csv", "columns path,split with train or val (default: 80/20 by seed)"),
        CommonOptions.tasks,
        .init("--epochs", "N", "passes over the training images (default: the recipe's)"),
        .init("--batch", "N", "images per step (default: the recipe's)"),
        .init("--seed", "N", "decides everything random (default: 1)"),
        CommonOptions.threads,
        .init("--net", "NAME", "network (default: reference)"),
        .init("--recipe", "NAME", "recipe (default: the network's)"),
        .init("--resume", nil, "continue the run in RUN where its last whole epoch ended"),
      ],
      notes: """
        Networks:
        \(nets)
        Recipes:
        \(recipes)

        Ctrl-C ends the run; the last whole epoch is kept, and --resume continues it bit for bit.
        Files that are no images are named and skipped.
        Exit status: 0 trained, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.

        Examples:
          mtl-train fit photos -o run --tasks color,product
          mtl-train fit photos -o run --split split.csv --epochs 5 --seed 1
          mtl-train fit photos -o run --split split.csv --epochs 50 --resume
        """)
  }

  static func run(_ arguments: Arguments) throws -> Int32 {
    let folder = RunFolder(try arguments.required("-o"))
    let checkpoint = try previous(folder, arguments)
    let configuration = try configuration(arguments, checkpoint)
    let recipe = Recipe.named(configuration.recipe)!
    let epochs = try arguments.integer("--epochs", in: 1...100_000) ?? recipe.epochs
    let workers = try CommonOptions.workers(arguments)
    let tasks = CommonOptions.taskNames(arguments) ?? checkpoint?.labels.tasks.map { $0.name }
    let index = try DataSetIndex(root: arguments.operands[0], tasks: tasks)
    try folder.create()
    Interrupt.listen()
    let data = try CommonOptions.load(
      index, side: NetworkKind.named(configuration.network)!.side, workers: workers)
    let split = try CommonOptions.split(arguments, data, seed: configuration.seed)
    let trainer = try Trainer(
      configuration, data: data, split: split, workers: workers, continuing: checkpoint)
    announce(trainer, split, epochs: epochs, workers: workers)
    return try fit(trainer, epochs: epochs, folder: folder)
  }

  /// The run to continue, or nil for a new one.
  private static func previous(
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
  private static func configuration(
    _ arguments: Arguments, _ checkpoint: Checkpoint?
  ) throws -> RunConfiguration {
    let before = checkpoint?.configuration
    let net =
      try arguments.choice("--net", of: NetworkKind.all.map { $0.name }) ?? before?.network
      ?? NetworkKind.reference.name
    let recipe =
      try arguments.choice("--recipe", of: Recipe.all.map { $0.name }) ?? before?.recipe
      ?? NetworkKind.named(net)!.recipe
    let wanted = RunConfiguration(
      network: net, recipe: recipe,
      seed: try arguments.integer("--seed", in: 0...UInt64.max) ?? before?.seed ?? 1,
      batch: try arguments.integer("--batch", in: 1...4096) ?? before?.batch
        ?? Recipe.named(recipe)!.batch)
    if let before, before != wanted {
      throw arguments.error(
        "the run was started with --net \(before.network) --recipe \(before.recipe) "
          + "--seed \(before.seed) --batch \(before.batch): it can only be resumed with these")
    }
    return wanted
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
    if let best = trainer.checkpoint.history.best {
      Console.out(
        "best: epoch \(best.epoch), val loss \(fixed(best.score.loss, 4)), "
          + "exact \(percent(best.score.exact)); \(folder.best)\n")
    }
    return 0
  }
}
