import CMTL

/// The loss of a network's logits `(images, labels)`, by its head. Targets are 1 for labels that
/// hold, 0 for others, and below 0 for those of a task whose answer is not known: they add nothing.
///
/// A softmax is for exclusive tasks; the labels of others have a sigmoid each under either head.
public struct TaskLoss {
  /// What an image counts for a label: with the label, and without it. An exclusive task takes what
  /// the label counts that the image has.
  public struct Weight: Equatable, Sendable {
    public var with: Float = 1
    public var without: Float = 1

    public init(with: Float = 1, without: Float = 1) { (self.with, self.without) = (with, without) }
  }

  public let labels: LabelSet
  public let head: Head
  /// By label.
  public let weights: [Weight]
  private let isPlain: Bool

  /// nil: all weights are 1.
  public init(labels: LabelSet, head: Head, weights: [Weight]? = nil) {
    self.labels = labels
    self.head = head
    self.weights = weights ?? [Weight](repeating: Weight(), count: labels.labels.count)
    isPlain = self.weights.allSatisfy { $0 == Weight() }
  }

  private var count: Int { labels.labels.count }

  private func isSoftmax(_ task: LabelSet.Task) -> Bool { head == .softmax && task.isExclusive }

  /// What a label of a task counts for an image.
  private func weight(_ task: LabelSet.Task, _ label: Int, _ targets: Floats) -> Double {
    if !task.isExclusive {
      return Double(targets[label] > 0 ? weights[label].with : weights[label].without)
    }
    for label in task.labels where targets[label] > 0 { return Double(weights[label].with) }
    return 1
  }

  /// What one label of one image counts before its weight: under a softmax head each task counts
  /// the same, under a sigmoid head each label.
  private func share(_ task: LabelSet.Task, images: Int) -> Double {
    switch head {
    case .sigmoid: 1 / Double(images * count)
    case .softmax:
      1 / Double(images * labels.tasks.count * (task.isExclusive ? 1 : task.labels.count))
    }
  }

  /// The average over images and labels, for a sigmoid head, or images and tasks, for a softmax.
  public func average(logits: Floats, targets: Floats, images: Int) -> Double {
    if head == .sigmoid && isPlain {
      return BinaryCrossEntropy.sum(logits: logits, targets: targets, count: images * count)
        / Double(images * count)
    }
    return parts(logits: logits, targets: targets, images: images).reduce(0, +)
  }

  /// The parts of the average that are each task's.
  public func parts(logits: Floats, targets: Floats, images: Int) -> [Double] {
    labels.tasks.map { task in
      var total = 0.0
      for image in 0..<images {
        let (row, truth) = (logits + image * count, targets + image * count)
        if isSoftmax(task) {
          let all = Self.logSum(task.labels, row)
          for label in task.labels where truth[label] > 0 {
            total += (all - Double(row[label])) * Double(weights[label].with)
          }
        } else {
          for label in task.labels {
            total += weight(task, label, truth) * BinaryCrossEntropy.sum(
              logits: row + label, targets: truth + label, count: 1)
          }
        }
      }
      return total * share(task, images: images)
    }
  }

  /// The derivative of `average` by each logit; `factors`, by task, make each task's part count
  /// more or less.
  public func gradient(
    logits: Floats, targets: Floats, images: Int, factors: [Double]? = nil,
    into gradient: MutableFloats
  ) {
    if head == .sigmoid && isPlain && factors == nil {
      return BinaryCrossEntropy.gradient(
        logits: logits, targets: targets, count: images * count, into: gradient)
    }
    for (number, task) in labels.tasks.enumerated() {
      let share = share(task, images: images) * (factors?[number] ?? 1)
      for image in 0..<images {
        let (row, truth) = (logits + image * count, targets + image * count)
        let all = isSoftmax(task) ? Self.logSum(task.labels, row) : 0
        for label in task.labels {
          let probability =
            isSoftmax(task)
            ? exp(Double(row[label]) - all) : Double(BinaryCrossEntropy.sigmoid(row[label]))
          let slope = (probability - Double(truth[label])) * share * weight(task, label, truth)
          gradient[image * count + label] = truth[label] < 0 ? 0 : Float(slope)
        }
      }
    }
  }

  /// What each task's part counts when its uncertainty `s`, the logarithm of a variance, is
  /// learned: the whole loss is the sum of `exp(-s) * part + s / (2 * tasks)`. Fills the
  /// gradient of `s`.
  func factors(
    _ uncertainty: Parameter, logits: Floats, targets: Floats, images: Int
  ) -> [Double] {
    let parts = parts(logits: logits, targets: targets, images: images)
    let factors = uncertainty.value.elements.map { exp(-Double($0)) }
    for (number, (factor, part)) in zip(factors, parts).enumerated() {
      uncertainty.gradient.base[number] = Float(0.5 / Double(parts.count) - factor * part)
    }
    return factors
  }

  /// The logarithms of an image's probability and of its complement, for each label.
  public func logProbabilities(_ logits: Floats) -> [(holds: Double, fails: Double)] {
    var result = [(holds: Double, fails: Double)](repeating: (0, 0), count: count)
    for task in labels.tasks {
      if isSoftmax(task) {
        let all = Self.logSum(task.labels, logits)
        for label in task.labels {
          let others = Self.logSum(task.labels.filter { $0 != label }, logits)
          result[label] = (Double(logits[label]) - all, others - all)
        }
      } else {
        for label in task.labels {
          let z = Double(logits[label])
          let rest = log1p(exp(-abs(z)))
          result[label] = (min(z, 0) - rest, min(-z, 0) - rest)
        }
      }
    }
    return result
  }

  /// log(sum(exp(logits))) over some labels.
  private static func logSum(_ labels: [Int], _ logits: Floats) -> Double {
    let largest = labels.reduce(-Double.infinity) { max($0, Double(logits[$1])) }
    return largest + log(labels.reduce(0) { $0 + exp(Double(logits[$1]) - largest) })
  }
}
