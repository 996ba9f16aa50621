import CLIKit

/// What a model says about one image in one task.
struct Answer {
  let task: LabelTask
  /// One for each label, in the model's order.
  let probabilities: [Float]
  /// Indexes of the labels, the most probable first; equal ones in the model's order.
  let ranking: [Int]

  /// `scores`: all outputs of the model for one image.
  init(_ task: LabelTask, _ scores: UnsafePointer<Float>) {
    self.task = task
    let probabilities = (0..<task.labels.count).map { scores[task.first + $0] }
    self.probabilities = probabilities
    ranking = (0..<task.labels.count).sorted {
      probabilities[$0] != probabilities[$1]
        ? probabilities[$0] > probabilities[$1] : $0 < $1
    }
  }

  /// The most probable label.
  var best: Int { ranking[0] }

  /// A label's probability as a percentage, or its score as it is where the task's scores are no
  /// probabilities.
  func percentage(_ label: Int) -> String {
    let areShares = probabilities.allSatisfy { $0 >= 0 && $0 <= 1 }
    return areShares ? percent(probabilities[label]) : fixed(Double(probabilities[label]), 3)
  }

  /// The labels that hold: the best of an exclusive task, of others each that reaches the
  /// threshold.
  var holding: [Int] {
    task.isExclusive ? [best] : ranking.filter { probabilities[$0] >= task.threshold }
  }
}
