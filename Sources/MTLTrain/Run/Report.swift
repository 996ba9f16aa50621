import CMTL

/// What a run came to, for programs to read.
struct Report {
  let checkpoint: Checkpoint
  let network: Network
  /// Images of each part.
  let train: Int
  let val: Int
  /// By task; empty: none.
  let calibration: [TaskCalibration]
  let crossFit: CrossFit?

  var json: String {
    let configuration = checkpoint.configuration
    let parameters = network.layers.flatMap { $0.parameters }
    var lines = [
      "\"network\": \(MTLTrain.json(configuration.network))",
      "\"recipe\": \(MTLTrain.json(configuration.recipe))",
      "\"seed\": \(configuration.seed)",
      "\"batch\": \(configuration.batch)",
      "\"parameters\": \(parameters.reduce(0) { $0 + $1.count })",
      "\"parameters_not_trained\": \(parameters.reduce(0) { $0 + ($1.isTrained ? 0 : $1.count) })",
      "\"train_images\": \(train)",
      "\"val_images\": \(val)",
      "\"tasks\": {\(tasks)}",
      "\"epochs\": \(checkpoint.epoch)",
      "\"steps\": \(checkpoint.step)",
    ]
    if let recipe = Recipe.named(configuration.recipe),
      let best = checkpoint.history.best(recipe)
    {
      lines.append("\"best\": \(figures(best))")
    }
    if let uncertainty = network.taskUncertainty {
      let weights = zip(checkpoint.labels.tasks, uncertainty.value.elements).map {
        "\(MTLTrain.json($0.name)): \(fixed(exp(-Double($1)), 6))"
      }
      lines.append("\"task_weights\": {\(weights.joined(separator: ", "))}")
    }
    if let crossFit { lines.append("\"calibration\": \(calibrated(crossFit))") }
    if let last = checkpoint.history.rows.last { lines.append("\"last\": \(figures(last))") }
    return "{\n  " + lines.joined(separator: ",\n  ") + "\n}\n"
  }

  private var tasks: String {
    checkpoint.labels.tasks.map { task in
      let labels = task.labels.map { MTLTrain.json(checkpoint.labels.labels[$0]) }
      return "\(MTLTrain.json(task.name)): [\(labels.joined(separator: ", "))]"
    }.joined(separator: ", ")
  }

  /// The errors are those on images that the calibration was not fitted to.
  private func calibrated(_ crossFit: CrossFit) -> String {
    let tasks = zip(checkpoint.labels.tasks, zip(calibration, crossFit.errors)).map { task, own in
      "\(MTLTrain.json(task.name)): {\"temperature\": \(fixed(own.0.temperature, 6)), "
        + "\"threshold\": \(fixed(own.0.threshold, 6)), \"error\": \(MTLTrain.json(own.1))}"
    }
    return "{\"val_loss\": \(fixed(crossFit.loss, 6)), "
      + "\"tasks\": {\(tasks.joined(separator: ", "))}}"
  }

  private func figures(_ row: History.Row) -> String {
    var fields = [
      "\"epoch\": \(row.epoch)", "\"train_loss\": \(fixed(row.trainLoss, 6))",
      "\"val_loss\": \(fixed(row.score.loss, 6))",
      "\"val_exact\": \(MTLTrain.json(row.score.exact))",
    ]
    for (task, value) in zip(checkpoint.labels.tasks, row.score.tasks) {
      fields.append("\(MTLTrain.json("val_" + task.name)): \(MTLTrain.json(value))")
    }
    return "{\(fields.joined(separator: ", "))}"
  }
}
