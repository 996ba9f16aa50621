import CMTL

/// A network's logits for some images, and what is known of these: all that measuring and
/// calibrating take.
public struct Outputs: Sendable {
  public let labels: LabelSet
  public let head: Head
  /// A row for each image: one for each label.
  public private(set) var logits: [[Float]]
  /// For each image the labels that hold of each task; nil: not known.
  public private(set) var truth: [[[Int]?]]

  public init(_ labels: LabelSet, head: Head, logits: [[Float]] = [], truth: [[[Int]?]] = []) {
    self.labels = labels
    self.head = head
    self.logits = logits
    self.truth = truth
  }

  public mutating func append(_ row: [Float], _ answers: [[Int]?]) {
    logits.append(row)
    truth.append(answers)
  }

  /// Those of some of the images.
  public func at(_ images: [Int]) -> Outputs {
    Outputs(
      labels, head: head, logits: images.map { logits[$0] }, truth: images.map { truth[$0] })
  }

  /// As if the last layer had been divided by each task's temperature.
  public func divided(by temperatures: [Double]) -> Outputs {
    var scales = [Float](repeating: 1, count: labels.labels.count)
    for (task, temperature) in zip(labels.tasks, temperatures) {
      for label in task.labels { scales[label] = Float(1 / temperature) }
    }
    return Outputs(
      labels, head: head, logits: logits.map { row in zip(row, scales).map { $0 * $1 } },
      truth: truth)
  }

  /// The logarithms of the probability of each label and of its complement, for each image.
  var logProbabilities: [[(holds: Double, fails: Double)]] {
    let loss = TaskLoss(labels: labels, head: head)
    return logits.map { loss.logProbabilities($0) }
  }

  /// How right they are; `thresholds` by task, for those of which any number of labels may hold.
  public func measures(thresholds: [Double]? = nil) -> Measures {
    let thresholds = thresholds ?? [Double](repeating: 0.5, count: labels.tasks.count)
    let logProbabilities = self.logProbabilities
    let probabilities = logProbabilities.map { row in row.map { exp($0.holds) } }
    let answers = zip(logits, probabilities).map { logits, probabilities in
      zip(labels.tasks, thresholds).map { task, threshold in
        task.isExclusive
          ? [task.best(logits)] : task.labels.filter { probabilities[$0] >= threshold }
      }
    }
    let score = score(logProbabilities, answers)
    return Measures(
      labels, score: score, probabilities: probabilities, answers: answers, truth: truth)
  }

  /// Answers that are not known count nowhere; a match is exact if all are known and right.
  private func score(
    _ logProbabilities: [[(holds: Double, fails: Double)]], _ answers: [[[Int]]]
  ) -> Score {
    var (total, knownLabels) = (0.0, 0)
    var right = [Int](repeating: 0, count: labels.tasks.count)
    var known = right
    var (exact, complete) = (0, 0)
    for (image, truth) in truth.enumerated() {
      for (number, task) in labels.tasks.enumerated() {
        guard let holding = truth[number] else { continue }
        knownLabels += task.labels.count
        for label in task.labels {
          let probability = logProbabilities[image][label]
          total -= holding.contains(label) ? probability.holds : probability.fails
        }
        known[number] += 1
        if answers[image][number] == holding { right[number] += 1 }
      }
      if truth.contains(where: { $0 == nil }) { continue }
      complete += 1
      if zip(answers[image], truth).allSatisfy({ $0 == $1 }) { exact += 1 }
    }
    return Score(
      images: truth.count, loss: total / Double(max(1, knownLabels)),
      tasks: zip(right, known).map { share($0, of: $1) }, exact: share(exact, of: complete))
  }
}
