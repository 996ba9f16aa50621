import CMTL
import MTLFormat

/// The tasks of a data set and their labels. A network has one output per label.
public struct LabelSet: Equatable, Sendable {
  public struct Task: Equatable, Sendable {
    public let name: String
    /// Indexes into `LabelSet.labels`, ascending.
    public let labels: [Int]

    /// Its label with the highest probability; of equal ones the first.
    func answer(_ probabilities: [Double]) -> Int {
      labels.reduce(labels[0]) { probabilities[$1] > probabilities[$0] ? $1 : $0 }
    }
  }

  /// All labels of all tasks, in the order of their bytes.
  public let labels: [String]
  public let tasks: [Task]

  /// `labels[i]` are those of task `names[i]`, in any order.
  /// Errors: a task with fewer than two labels, a name that stands for two things.
  public init(names: [String], labels: [[String]]) throws(Status) {
    var tasks: [Task] = []
    let all = labels.flatMap { $0 }.sorted(by: Folder.precedes)
    for (a, b) in zip(all, all.dropFirst()) where a == b {
      throw Status(MTLRT_E_ARGUMENT, "the label \"\(a)\" stands in two tasks")
    }
    for (name, own) in zip(names, labels) {
      if name.isEmpty || names.filter({ $0 == name }).count > 1 {
        throw Status(MTLRT_E_ARGUMENT, "tasks need names that differ, not \"\(name)\" twice")
      }
      if own.count < 2 {
        throw Status(
          MTLRT_E_ARGUMENT,
          "task \"\(name)\" has one label only (\(own.first ?? "none")): there is nothing to learn")
      }
      tasks.append(Task(name: name, labels: all.indices.filter { own.contains(all[$0]) }))
    }
    self.labels = all
    self.tasks = tasks
  }

  /// The label of each task with the highest score; of equal ones the first.
  public func answers(_ scores: UnsafePointer<Float>) -> [Int] {
    tasks.map { task in
      var best = task.labels[0]
      for label in task.labels where scores[label] > scores[best] { best = label }
      return best
    }
  }
}
