import MTLTrain

/// The options that say how a network is trained, and the configuration that they make.
enum FitOptions {
  static let training: [Command.Option] = [
    .init("--split", "FILE.csv", "columns path,split with train or val (default: 80/20 by seed)"),
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
    .init(
      "--task-weights", "A=N,B=N",
      "what each task counts in the loss (default: 1), or learned, by how uncertain it is"),
    .init(
      "--balance", "yes|no",
      "labels that few images have count more, as much in all as any other (default: recipe's)"),
    .init(
      "--calibrate", "yes|no", "fit temperatures and thresholds at the end (default: recipe's)"),
  ]

  typealias Wanted = (configuration: RunConfiguration, epochs: Int)

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
    var wanted = RunConfiguration(
      network: net, recipe: name,
      seed: try arguments.integer("--seed", in: 0...UInt64.max) ?? before?.seed ?? 1,
      batch: try arguments.integer("--batch", in: 1...4096) ?? before?.batch ?? recipe.batch,
      epochs: recipe.needsLength ? epochs : 0,
      colorTasks: try colorTasks(arguments, index) ?? before?.colorTasks
        ?? index.labels.tasks.map { $0.name }.filter { ["color", "colour"].contains($0) })
    wanted.heldOut = heldOut ?? list(arguments, "--hold-out") ?? before?.heldOut ?? []
    wanted.learnsTaskWeights =
      arguments.text("--task-weights") == "learned" || before?.learnsTaskWeights ?? false
    wanted.taskWeights = try taskWeights(arguments, index) ?? before?.taskWeights ?? []
    wanted.isBalanced =
      try yesOrNo(arguments, "--balance") ?? before?.isBalanced ?? recipe.isBalanced
    wanted.initialRun = arguments.text("--init") ?? before?.initialRun ?? ""
    wanted.isTrunkFrozen =
      try arguments.choice("--freeze", of: ["trunk"]) != nil || before?.isTrunkFrozen ?? false
    wanted.isCalibrated =
      try yesOrNo(arguments, "--calibrate") ?? before?.isCalibrated ?? recipe.isCalibrated
    if wanted.isTrunkFrozen && wanted.initialRun.isEmpty {
      throw arguments.error("--freeze trunk needs --init RUN: a trunk that has learned something")
    }
    if let before, before != wanted {
      throw arguments.error(
        "the run was started with \(words(before)): it can only be resumed with these")
    }
    return (wanted, epochs)
  }

  private static func yesOrNo(_ arguments: Arguments, _ option: String) throws -> Bool? {
    try arguments.choice(option, of: ["yes", "no"]).map { $0 == "yes" }
  }

  /// The names of an option, which may be none.
  private static func list(_ arguments: Arguments, _ option: String) -> [String]? {
    arguments.text(option)?.split(separator: ",").map(String.init)
  }

  /// In the order of tasks.
  private static func taskWeights(
    _ arguments: Arguments, _ index: DataSetIndex
  ) throws -> [Double]? {
    guard let pairs = list(arguments, "--task-weights"), pairs != ["learned"] else { return nil }
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

  /// A configuration as the options that make it.
  private static func words(_ run: RunConfiguration) -> String {
    var words = "--net \(run.network) --recipe \(run.recipe) --seed \(run.seed)"
    words += " --batch \(run.batch)"
    if run.epochs > 0 { words += " --epochs \(run.epochs)" }
    words += " --color-tasks \"\(run.colorTasks.joined(separator: ","))\""
    if !run.heldOut.isEmpty { words += " --hold-out \(run.heldOut.joined(separator: ","))" }
    if run.learnsTaskWeights { words += " --task-weights learned" }
    if !run.taskWeights.isEmpty { words += " --task-weights \(run.taskWeights)" }
    if !run.initialRun.isEmpty { words += " --init \(run.initialRun)" }
    if run.isTrunkFrozen { words += " --freeze trunk" }
    func word(_ isSo: Bool) -> String { isSo ? "yes" : "no" }
    return words + " --balance \(word(run.isBalanced)) --calibrate \(word(run.isCalibrated))"
  }
}
