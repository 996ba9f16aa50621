import CMTL

/// The loss of a network's logits `(images, labels)`, by its head. Targets are 1 for labels that
/// hold, 0 for others, and below 0 for those of a task whose answer is not known: they add nothing.
public struct TaskLoss {
  public let labels: LabelSet
  public let head: Head

  public init(labels: LabelSet, head: Head) {
    self.labels = labels
    self.head = head
  }

  private var count: Int { labels.labels.count }

  /// The average over images and labels, for a sigmoid, or images and tasks, for a softmax.
  public func average(logits: Floats, targets: Floats, images: Int) -> Double {
    switch head {
    case .sigmoid:
      return BinaryCrossEntropy.sum(logits: logits, targets: targets, count: images * count)
        / Double(images * count)
    case .softmax:
      var total = 0.0
      for image in 0..<images {
        for task in labels.tasks {
          let row = (logits + image * count, targets + image * count)
          let all = Self.logSum(task.labels, row.0)
          for label in task.labels where row.1[label] > 0 {
            total += all - Double(row.0[label])
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
    case .softmax:
      let share = 1 / Double(images * labels.tasks.count)
      for image in 0..<images {
        for task in labels.tasks {
          let (row, truth) = (logits + image * count, targets + image * count)
          let all = Self.logSum(task.labels, row)
          for label in task.labels {
            let slope = exp(Double(row[label]) - all) - Double(truth[label])
            gradient[image * count + label] = truth[label] < 0 ? 0 : Float(slope * share)
          }
        }
      }
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
