import CMTL

/// The loss of a network's logits `(images, labels)`, by its head. Targets are 1 for labels that
/// hold, 0 for others, and below 0 for those of a task whose answer is not known: they add nothing.
public struct TaskLoss {
  public let labels: LabelSet
  public let head: Head
  /// What an image counts, by the label that it has: its task's weight and its label's.
  public let weights: [Float]

  /// `weights` by label; nil: all 1.
  public init(labels: LabelSet, head: Head, weights: [Float]? = nil) {
    self.labels = labels
    self.head = head
    self.weights = weights ?? [Float](repeating: 1, count: labels.labels.count)
  }

  /// The weight of an image for a task: that of the label which it has; 1 if that is not known.
  private func weight(_ task: LabelSet.Task, _ targets: Floats) -> Double {
    for label in task.labels where targets[label] > 0 { return Double(weights[label]) }
    return 1
  }

  private var count: Int { labels.labels.count }

  /// The average over images and labels, for a sigmoid, or images and tasks, for a softmax.
  public func average(logits: Floats, targets: Floats, images: Int) -> Double {
    switch head {
    case .sigmoid where weights.allSatisfy { $0 == 1 }:
      return BinaryCrossEntropy.sum(logits: logits, targets: targets, count: images * count)
        / Double(images * count)
    case .sigmoid:
      var total = 0.0
      forEachAnswer(targets, images) { image, task, weight in
        for label in task.labels {
          let place = image * count + label
          total += weight * BinaryCrossEntropy.sum(
            logits: logits + place, targets: targets + place, count: 1)
        }
      }
      return total / Double(images * count)
    case .softmax:
      var total = 0.0
      for image in 0..<images {
        for task in labels.tasks {
          let row = (logits + image * count, targets + image * count)
          let all = Self.logSum(task.labels, row.0)
          for label in task.labels where row.1[label] > 0 {
            total += (all - Double(row.0[label])) * Double(weights[label])
          }
        }
      }
      return total / Double(images * labels.tasks.count)
    }
  }

  /// The derivative of `average` by each logit.
  public func gradient(
    logits: Floats, targets: Floats, images: Int, into gradient: MutableFloats
  ) {
    switch head {
    case .sigmoid:
      BinaryCrossEntropy.gradient(
        logits: logits, targets: targets, count: images * count, into: gradient)
      if weights.allSatisfy({ $0 == 1 }) { return }
      forEachAnswer(targets, images) { image, task, weight in
        for label in task.labels { gradient[image * count + label] *= Float(weight) }
      }
    case .softmax:
      let share = 1 / Double(images * labels.tasks.count)
      for image in 0..<images {
        for task in labels.tasks {
          let (row, truth) = (logits + image * count, targets + image * count)
          let all = Self.logSum(task.labels, row)
          let share = share * weight(task, truth)
          for label in task.labels {
            let slope = exp(Double(row[label]) - all) - Double(truth[label])
            gradient[image * count + label] = truth[label] < 0 ? 0 : Float(slope * share)
          }
        }
      }
    }
  }

  private func forEachAnswer(
    _ targets: Floats, _ images: Int,
    _ body: (_ image: Int, _ task: LabelSet.Task, _ weight: Double) -> Void
  ) {
    for image in 0..<images {
      for task in labels.tasks { body(image, task, weight(task, targets + image * count)) }
    }
  }

  /// The logarithms of an image's probability and of its complement, for each label.
  public func logProbabilities(_ logits: Floats) -> [(holds: Double, fails: Double)] {
    var result = [(holds: Double, fails: Double)](repeating: (0, 0), count: count)
    switch head {
    case .sigmoid:
      for label in 0..<count {
        let z = Double(logits[label])
        let rest = log1p(exp(-abs(z)))
        result[label] = (min(z, 0) - rest, min(-z, 0) - rest)
      }
    case .softmax:
      for task in labels.tasks {
        let all = Self.logSum(task.labels, logits)
        for label in task.labels {
          let others = Self.logSum(task.labels.filter { $0 != label }, logits)
          result[label] = (Double(logits[label]) - all, others - all)
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
