extension Reader {
  /// Fills `model.tasks`.
  static func readTasks(
    _ cursor: inout SectionCursor, into model: inout Model
  ) throws(Status) {
    let count = try cursor.count(in: 1...Limits.tasks, .taskCount, "tasks")
    var places: [(record: UInt64, first: UInt64)] = []
    var labels = 0
    for _ in 0..<count {
      let record = cursor.offset
      let (task, first) = try readTask(&cursor, model, labelsBefore: labels)
      model.tasks.append(task)
      places.append((record, first))
      labels += task.labels.count
    }
    try cursor.finish()
    if let index = firstRepeat(model.tasks.map({ $0.name })) {
      throw Status(
        .taskName, "two tasks are named \(model.tasks[index].name)", at: places[index].record)
    }
    try checkCoverage(model, places.map { $0.first })
  }

  /// A task, and where its field `first` stands in the file.
  private static func readTask(
    _ cursor: inout SectionCursor, _ model: Model, labelsBefore: Int
  ) throws(Status) -> (Task, UInt64) {
    let name = try cursor.name()
    let kindPlace = cursor.offset
    let kind = try cursor.u32()
    guard kind == 1 || kind == 2 else {
      throw Status(
        .taskKind, "task \(name) is of kind \(kind), neither exclusive (1) nor independent (2)",
        at: kindPlace)
    }
    let outputPlace = cursor.offset
    let output = Int(try cursor.u32())
    guard output < model.outputs.count else {
      throw Status(
        .taskOutput, "task \(name) reads output \(output); the graph has \(model.outputs.count)",
        at: outputPlace)
    }
    let firstPlace = cursor.offset
    let first = Int(try cursor.u32())
    let thresholdPlace = cursor.offset
    let threshold = try cursor.f32()
    guard threshold >= 0, threshold <= 1 else {
      throw Status(
        .taskThreshold, "the threshold of task \(name) is not between 0 and 1",
        at: thresholdPlace)
    }
    let countPlace = cursor.offset
    let count = Int(try cursor.u32())
    guard count >= 1, count <= Limits.labels - labelsBefore else {
      throw Status(
        .labelCount, "task \(name) has \(count) labels; at least 1 is needed, and all tasks "
          + "together may have \(Limits.labels)", at: countPlace)
    }
    let row = model.tensors[model.outputs[output]].elementCount
    guard first <= row, count <= row - first else {
      throw Status(
        .labelsBeyondOutput, "task \(name) has \(count) labels from element \(first) of output "
          + "\(output), which has \(row) elements", at: firstPlace)
    }
    let labels = try readLabels(&cursor, count)
    return (
      Task(
        name: name, isExclusive: kind == 1, output: output, first: first, labels: labels,
        threshold: threshold), firstPlace
    )
  }

  private static func readLabels(
    _ cursor: inout SectionCursor, _ count: Int
  ) throws(Status) -> [Name] {
    var labels: [Name] = []
    var places: [UInt64] = []
    for _ in 0..<count {
      places.append(cursor.offset)
      labels.append(try cursor.name())
    }
    if let index = firstRepeat(labels) {
      throw Status(
        .labelRepeated, "a task has label \(labels[index]) twice", at: places[index])
    }
    return labels
  }

  /// The labels of an output that has any name each of its elements once.
  private static func checkCoverage(_ model: Model, _ places: [UInt64]) throws(Status) {
    let tasks = model.tasks
    let order = indexes(tasks.count) {
      (tasks[$0].output, tasks[$0].first, $0) < (tasks[$1].output, tasks[$1].first, $1)
    }
    for (position, index) in order.enumerated() {
      let task = tasks[index]
      let previous = position > 0 ? tasks[order[position - 1]] : nil
      let expected =
        if let previous, previous.output == task.output {
          previous.first + previous.labels.count
        } else { 0 }
      guard task.first >= expected else {
        throw Status(
          .labelsOverlap, "labels of task \(task.name) name elements that another task's labels "
            + "name too", at: places[index])
      }
      let isLast = position + 1 == order.count || tasks[order[position + 1]].output != task.output
      let row = model.tensors[model.outputs[task.output]].elementCount
      guard task.first == expected, !isLast || task.first + task.labels.count == row else {
        throw Status(
          .labelsMissing, "some of the \(row) elements of output \(task.output) have no label",
          at: places[index])
      }
    }
  }
}
