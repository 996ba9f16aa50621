import CMTL
import MTLFormat

/// One training run: a network, its optimiser, the data, and where in the run they are.
public final class Trainer {
  public enum Outcome {
    /// Every epoch that was asked for is done.
    case finished
    /// Somebody wished to stop; the checkpoint is that of the last whole epoch.
    case interrupted
  }

  /// What a run can be watched by.
  public struct Events {
    /// After each step: epoch from 1, images of it done and in all, average loss so far.
    public var step: (_ epoch: Int, _ done: Int, _ total: Int, _ loss: Double) -> Void = {
      _, _, _, _ in
    }
    /// After each epoch: its figures, its images, whether it is the best one so far.
    public var epoch: (_ row: History.Row, _ images: Int, _ isBest: Bool) -> Void = { _, _, _ in }
    /// After an epoch whose files could not be written: they are tried again after the next one.
    public var notSaved: (_ epoch: Int, _ reason: Status) -> Void = { _, _ in }
    /// Asked between steps.
    public var isStopWanted: () -> Bool = { false }

    public init() {}
  }

  public let network: Network
  public let optimiser: Adam
  public let recipe: Recipe
  public private(set) var checkpoint: Checkpoint
  /// What the calibration is worth, once it is made.
  public private(set) var crossFit: CrossFit?

  private let data: DataSet
  private let train: [Int]
  private let val: [Int]
  private let workers: Workers
  /// Most images of one step.
  private let batch: Int
  private let targets: FloatBuffer
  private let loader: BatchLoader
  private var unsaved = UnsavedFiles()
  private let loss: TaskLoss

  /// A new run, perhaps one that starts with the weights of `initial`; or with `checkpoint` one
  /// that continues where it was written.
  /// Errors: unknown names, a split without `train` or `val`, a checkpoint that does not fit the
  /// data or the network, not enough memory.
  public init(
    _ configuration: RunConfiguration, data: DataSet, split: Split, workers: Workers,
    continuing checkpoint: Checkpoint? = nil, initial: Checkpoint? = nil
  ) throws {
    guard let recipe = Recipe.named(configuration.recipe) else {
      throw Status(MTLRT_E_ARGUMENT, "no recipe \"\(configuration.recipe)\"")
    }
    self.recipe = recipe
    self.data = data
    self.workers = workers
    train = try split.part("train")
    val = try split.part("val")
    network = try configuration.makeNetwork(data.index.labels)
    if let initial { try network.start(data.index.labels, from: initial) }
    // No step has more images than there are.
    batch = max(1, min(configuration.batch, train.count))
    try network.prepare(capacity: batch, workers: workers)
    if recipe.averaging > 0 { for parameter in network.parameters { try parameter.keepAverage() } }
    optimiser = try Adam(network.parameters)
    targets = try FloatBuffer(count: batch * data.index.labels.labels.count)
    loader = BatchLoader(
      data: data, network: network, recipe: recipe, seed: configuration.seed, workers: workers)
    let start = Checkpoint(
      configuration: configuration, labels: data.index.labels,
      fingerprint: Trainer.fingerprint(data, split))
    self.checkpoint = checkpoint ?? start
    if let checkpoint {
      guard checkpoint.labels == start.labels, checkpoint.fingerprint == start.fingerprint else {
        throw Status(
          MTLRT_E_ARGUMENT, "the run was started with other images, labels or another split")
      }
      try checkpoint.restore(to: network, optimiser: optimiser)
    }
    loss = TaskLoss(
      labels: data.index.labels, head: network.head,
      weights: Trainer.weights(configuration, data, train))
  }

  /// By label: the task's weight, and that which gives all labels of a task the same sum over the
  /// training images, 1 on average; where several labels may hold, the same to the images with a
  /// label and to those without.
  private static func weights(
    _ configuration: RunConfiguration, _ data: DataSet, _ train: [Int]
  ) -> [TaskLoss.Weight] {
    let labels = data.index.labels
    var weights = [TaskLoss.Weight](repeating: TaskLoss.Weight(), count: labels.labels.count)
    for (number, task) in labels.tasks.enumerated() {
      let own = number < configuration.taskWeights.count ? configuration.taskWeights[number] : 1
      let answers = train.compactMap { data.answers($0)[number] }
      let kinds = task.isExclusive ? task.labels.count : 2
      func weight(_ count: Int) -> Float {
        let balance = Double(answers.count) / Double(max(1, count) * kinds)
        return Float(own * (configuration.isBalanced ? balance : 1))
      }
      for label in task.labels {
        let count = answers.count { $0.contains(label) }
        weights[label] = TaskLoss.Weight(
          with: weight(count), without: weight(answers.count - count))
      }
    }
    return weights
  }

  private var stepsOfEpoch: Int {
    return (train.count + batch - 1) / batch
  }

  private func rate(at step: UInt64) -> Double {
    recipe.schedule.rate(
      at: step, of: UInt64(checkpoint.configuration.epochs * stepsOfEpoch))
  }

  private static func fingerprint(_ data: DataSet, _ split: Split) -> UInt32 {
    var positions: [Int] = [Int(data.fingerprint)]
    for name in split.parts.keys.sorted() { positions += [-1] + split.parts[name]! }
    return positions.withUnsafeBytes { CRC32C.checksum($0) }
  }

  /// Trains until `epochs` epochs are done, writes `folder` after each, and then calibrates the
  /// best checkpoint if the run is to be calibrated.
  /// Errors: a file that cannot be written at the end either, a loss that is not finite.
  public func fit(epochs: Int, folder: RunFolder, events: Events = Events()) throws -> Outcome {
    let evaluator = Evaluator(
      network: network, data: data, workers: workers, batch: batch)
    // The process may have ended between the checkpoint and what is made of it.
    if checkpoint.epoch > 0 { addTexts(of: folder) }
    while checkpoint.epoch < epochs {
      let epoch = checkpoint.epoch + 1
      guard let loss = try trainEpoch(epoch, events) else {
        try unsaved.write()
        return .interrupted
      }
      exchangeAverages()
      let row = History.Row(
        epoch: epoch, rate: rate(at: checkpoint.step - 1), trainLoss: loss,
        score: evaluator.score(val))
      guard row.score.loss.isFinite else {
        throw Status(
          MTLRT_E_RUN,
          "the validation loss is no longer a number after epoch \(epoch)"
            + (network.notFinite(batch: 0).map { ": \($0)" } ?? "")
            + "; the epoch before it is kept")
      }
      checkpoint.epoch = epoch
      checkpoint.history.rows.append(row)
      let isBest = checkpoint.history.best(recipe) == row
      if isBest {
        unsaved.add(checkpoint.bytes(network: network, optimiser: nil), at: folder.best)
      }
      exchangeAverages()
      unsaved.add(checkpoint.bytes(network: network, optimiser: optimiser), at: folder.last)
      addTexts(of: folder)
      let saved = Result { () throws(Status) in try unsaved.write() }
      events.epoch(row, train.count, isBest)
      if case .failure(let reason) = saved { events.notSaved(epoch, reason) }
    }
    try unsaved.write()
    if checkpoint.configuration.isCalibrated { try calibrate(folder) }
    return .finished
  }

  /// Fits temperatures and thresholds of the best checkpoint to the validation images. Its
  /// parameters stay as they are: whoever makes the network of it applies the calibration.
  private func calibrate(_ folder: RunFolder) throws {
    var best = try Checkpoint(reading: folder.best)
    best.calibration = []
    let plain = try best.network()
    try plain.prepare(capacity: batch, workers: workers)
    let outputs = Evaluator(network: plain, data: data, workers: workers, batch: batch)
      .outputs(val)
    best.calibration = TaskCalibration.fitted(to: outputs)
    crossFit = CrossFit(outputs)
    unsaved.add(best.bytes(network: plain, optimiser: nil), at: folder.best)
    addTexts(of: folder, calibration: best.calibration)
    try unsaved.write()
  }

  /// The average loss, or nil if somebody wished to stop.
  private func trainEpoch(_ epoch: Int, _ events: Events) throws -> Double? {
    let configuration = checkpoint.configuration
    var random = Random(.order, configuration.seed, UInt64(epoch))
    let order = random.permutation(train.count).map { train[$0] }
    var step = checkpoint.step
    var total = 0.0
    for start in stride(from: 0, to: order.count, by: batch) {
      if events.isStopWanted() { return nil }
      let end = min(order.count, start + batch)
      let loss = trainStep(order[start..<end], epoch: epoch, step: step)
      guard loss.isFinite else {
        throw Status(
          MTLRT_E_RUN,
          "the loss is no longer a number at step \(step) in epoch \(epoch)"
            + (network.notFinite(batch: end - start).map { ": \($0)" } ?? ""))
      }
      total += loss * Double(end - start)
      step += 1
      events.step(epoch, end, order.count, total / Double(end))
    }
    checkpoint.step = step
    return total / Double(order.count)
  }

  /// One step of the optimiser on the images at `positions`; returns their average loss.
  private func trainStep(_ positions: ArraySlice<Int>, epoch: Int, step: UInt64) -> Double {
    let seed = checkpoint.configuration.seed
    loader.load(positions, epoch: epoch, targets: targets.base)
    optimiser.begin(rate: rate(at: step), weightDecay: recipe.weightDecay, step: step)
    let pass = Pass(
      batch: positions.count, isTraining: true, seed: seed, step: step, workers: workers,
      optimiser: optimiser)
    network.forward(pass)
    let (images, targets) = (positions.count, Floats(self.targets.base))
    let value = loss.average(logits: network.logits, targets: targets, images: images)
    let factors = network.taskUncertainty.map { uncertainty in
      loss.factors(
        uncertainty, logits: network.logits, targets: targets, images: images)
    }
    network.backward(pass) { gradient in
      loss.gradient(
        logits: network.logits, targets: targets, images: images, factors: factors,
        into: gradient)
    }
    optimiser.finish(workers)
    if recipe.averaging > 0 {
      // A short past counts less, or the initial weights would stay in the average for long.
      let kept = min(recipe.averaging, (1 + Double(step)) / (10 + Double(step)))
      for parameter in network.parameters { parameter.moveAverage(Float(1 - kept)) }
    }
    return value
  }

  /// Between what is trained and what predicts.
  private func exchangeAverages() {
    for parameter in network.parameters { parameter.exchangeAverage() }
  }

  private func addTexts(of folder: RunFolder, calibration: [TaskCalibration] = []) {
    let tasks = checkpoint.labels.tasks.map { $0.name }
    unsaved.add(checkpoint.history.csv(tasks: tasks), at: folder.history)
    unsaved.add(
      Report(
        checkpoint: checkpoint, network: network, train: train.count, val: val.count,
        calibration: calibration, crossFit: calibration.isEmpty ? nil : crossFit
      ).json,
      at: folder.report)
  }
}
