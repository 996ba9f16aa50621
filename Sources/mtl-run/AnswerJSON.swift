import CLIKit

/// Answers as programs read them: one object on one line for each image.
struct AnswerJSON {
  /// All labels where it is nil.
  let top: Int?

  func line(_ image: String, _ result: Predictor.Result) -> String {
    var object = JSONObject()
    object.add("image", image)
    object.add("tasks", result.answers.map { task($0) })
    var times = JSONObject()
    times.add("decode", result.decodeTime, digits: 3)
    times.add("predict", result.predictTime, digits: 3)
    object.add("ms", times)
    return object.text + "\n"
  }

  /// `label` is the most probable one; what holds in a task whose labels are independent is in
  /// `labels`. Probabilities come in the model's order, or the best first where `top` cuts.
  private func task(_ answer: Answer) -> JSONObject {
    var object = JSONObject()
    object.add("task", answer.task.name)
    object.add("label", answer.task.labels[answer.best])
    object.add("probability", answer.probabilities[answer.best])
    if !answer.task.isExclusive {
      object.add("labels", answer.holding.map { answer.task.labels[$0] })
    }
    var probabilities = JSONObject()
    let shown = top.map { Array(answer.ranking.prefix($0)) } ?? Array(answer.ranking.indices)
    for index in shown {
      probabilities.add(answer.task.labels[index], answer.probabilities[index])
    }
    object.add("probabilities", probabilities)
    return object
  }
}
