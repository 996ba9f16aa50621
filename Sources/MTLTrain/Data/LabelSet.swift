import CMTL
import MTLFormat

/// The tasks of a data set and their labels. A network has one output per label.
public struct LabelSet: Equatable, Sendable {
  public struct Task: Equatable, Sendable {
    public let name: String
    /// Indexes into `LabelSet.labels`, ascending.
    public let labels: [Int]
    /// Whether exactly one label holds for an image; if not, any number of them may.
    public let isExclusive: Bool

    /// Its label with the highest score; of equal ones the first.
    func best<Score: Comparable>(_ scores: [Score]) -> Int {
      labels.reduce(labels[0]) { scores[$1] > scores[$0] ? $1 : $0 }
    }
  }

  /// All labels of all tasks, in the order of their bytes; a label of two tasks is there twice, in
  /// the order of the tasks.
  public let labels: [String]
  public let tasks: [Task]

  /// `labels[i]` are those of task `names[i]`, in any order; of the tasks in `independent` any
  /// number of labels may hold.
  /// Errors: a task with too few labels to choose from, a name that stands for two things.
  public init(
    names: [String], labels: [[String]], independent: Set<String> = []
  ) throws(Status) {
    var tasks: [Task] = []
    let all = labels.enumerated().flatMap { task, own in own.map { (label: $0, task: task) } }
      .sorted {
        $0.label.utf8.elementsEqual($1.label.utf8)
          ? $0.task < $1.task : Folder.precedes($0.label, $1.label)
      }
    for (number, (name, own)) in zip(names, labels).enumerated() {
      if Set(own).count < own.count {
        throw Status(MTLRT_E_ARGUMENT, "task \"\(name)\" has a label twice")
      }
      if name.isEmpty || names.filter({ $0 == name }).count > 1 {
        throw Status(MTLRT_E_ARGUMENT, "tasks need names that differ, not \"\(name)\" twice")
      }
      let isExclusive = !independent.contains(name)
      if own.count < (isExclusive ? 2 : 1) {
        throw Status(
          MTLRT_E_ARGUMENT,
          "task \"\(name)\" has one label only (\(own.first ?? "none")): there is nothing to learn")
      }
      tasks.append(
        Task(
          name: name, labels: all.indices.filter { all[$0].task == number },
          isExclusive: isExclusive))
    }
    self.labels = all.map { $0.label }
    self.tasks = tasks
  }

  /// Where in `labels` a label of a task stands; `place` is where it was read.
  /// Errors: the task has no such label.
  func index(of label: String, inTask number: Int, at place: String) throws(Status) -> Int {
    let task = tasks[number]
    if let index = task.labels.first(where: { labels[$0] == label }) { return index }
    throw Status(
      MTLRT_E_ARGUMENT,
      "\(place): task \"\(task.name)\" has no label \"\(label)\", only \(names(of: task))")
  }

  private func names(of task: Task) -> String {
    task.labels.map { labels[$0] }.joined(separator: ", ")
  }

  /// Names of the tasks of which any number of labels may hold.
  public var independent: Set<String> {
    Set(tasks.filter { !$0.isExclusive }.map { $0.name })
  }
}
