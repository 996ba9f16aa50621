import CLIKit
import CMTL

/// A named group of labels and where their scores stand.
struct LabelTask {
  let name: String
  let isExclusive: Bool
  let threshold: Float
  /// Index of the first score among all outputs of one image.
  let first: Int
  let labels: [String]

  /// Most scores that a model without tasks may have to be answered in words.
  private static let numberedMost = 1 << 20

  /// The model's tasks; a model without any has one for each output, with numbers for labels.
  static func list(of model: OpenModel) throws(Failure) -> [LabelTask] {
    let named = named(model)
    if !named.isEmpty { return named }
    guard model.outputCount <= numberedMost else {
      throw Failure(
        .wrongUsage, "the model has no tasks and \(model.outputCount) results; use --input")
    }
    return numbered(model)
  }

  private static func named(_ model: OpenModel) -> [LabelTask] {
    var tasks: [LabelTask] = []
    var task = mtlrt_task()
    task.size = UInt32(MemoryLayout<mtlrt_task>.size)
    while mtlrt_task_at(model.handle, UInt32(tasks.count), &task) == 0 {
      let index = UInt32(tasks.count)
      let before = model.outputs.prefix(Int(task.output)).reduce(0) { $0 + $1.count }
      tasks.append(
        LabelTask(
          name: String(cString: task.name), isExclusive: task.exclusive != 0,
          threshold: task.threshold, first: before + Int(task.first),
          labels: (0..<task.labels).map { label in
            mtlrt_label(model.handle, index, label).map { String(cString: $0) } ?? ""
          }))
    }
    return tasks
  }

  private static func numbered(_ model: OpenModel) -> [LabelTask] {
    var tasks: [LabelTask] = []
    var first = 0
    for output in model.outputs {
      tasks.append(
        LabelTask(
          name: output.name, isExclusive: true, threshold: 0, first: first,
          labels: (0..<output.count).map { "\($0)" }))
      first += output.count
    }
    return tasks
  }
}
