import CMTL

/// How a task's probabilities are to be taken: found on validation images, after training.
public struct TaskCalibration: Equatable, Sendable {
  /// The task's logits are divided by it (Guo et al., "On Calibration of Modern Neural Networks").
  public var temperature: Double = 1
  /// Of an exclusive task, from which probability on an answer can be relied upon; of another, from
  /// which probability on a label holds.
  public var threshold: Double = 0.5

  public init(temperature: Double = 1, threshold: Double = 0.5) {
    self.temperature = temperature
    self.threshold = threshold
  }

  /// Answers at or above the threshold of an exclusive task are right this often.
  public static let reliability = 0.99
  /// Tasks with few mistakes say little about the temperature: the logarithm of it is taken to be
  /// about 0, give or take this much.
  private static let spread = 0.5

  /// For each task, from what is known of `outputs`.
  public static func fitted(to outputs: Outputs) -> [TaskCalibration] {
    let temperatures = outputs.labels.tasks.indices.map { temperature(outputs, $0) }
    let logProbabilities = outputs.divided(by: temperatures).logProbabilities
    return zip(outputs.labels.tasks.indices, temperatures).map { number, temperature in
      TaskCalibration(
        temperature: temperature, threshold: threshold(outputs, logProbabilities, number))
    }
  }

  /// The one that makes the known answers the most likely.
  private static func temperature(_ outputs: Outputs, _ number: Int) -> Double {
    let task = outputs.labels.tasks[number]
    let known = outputs.at(outputs.truth.indices.filter { outputs.truth[$0][number] != nil })
    if known.truth.isEmpty { return 1 }
    func cost(_ logarithm: Double) -> Double {
      var temperatures = [Double](repeating: 1, count: outputs.labels.tasks.count)
      temperatures[number] = exp(logarithm)
      var total = logarithm * logarithm / (2 * spread * spread)
      for (row, truth) in zip(known.divided(by: temperatures).logProbabilities, known.truth) {
        let holding = truth[number]!
        if task.isExclusive && outputs.head == .softmax {
          total -= row[holding[0]].holds
        } else {
          for label in task.labels {
            total -= holding.contains(label) ? row[label].holds : row[label].fails
          }
        }
      }
      return total
    }
    return exp(least(cost, from: -1.5, to: 1.5))
  }

  /// Where a function is least between two ends, if it has one valley (golden section).
  private static func least(_ cost: (Double) -> Double, from: Double, to: Double) -> Double {
    let ratio = (5.0.squareRoot() - 1) / 2
    var (low, high) = (from, to)
    var (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
    var (costLeft, costRight) = (cost(left), cost(right))
    while high - low > 1e-3 {
      if costLeft <= costRight {
        (high, right, costRight) = (right, left, costLeft)
        left = high - ratio * (high - low)
        costLeft = cost(left)
      } else {
        (low, left, costLeft) = (left, right, costRight)
        right = low + ratio * (high - low)
        costRight = cost(right)
      }
    }
    return (low + high) / 2
  }

  private static func threshold(
    _ outputs: Outputs, _ logProbabilities: [[(holds: Double, fails: Double)]], _ number: Int
  ) -> Double {
    let task = outputs.labels.tasks[number]
    var answers: [(probability: Double, isRight: Bool)] = []
    for (image, truth) in outputs.truth.enumerated() {
      guard let holding = truth[number] else { continue }
      let row = logProbabilities[image].map { exp($0.holds) }
      if task.isExclusive {
        let best = task.best(outputs.logits[image])
        answers.append((row[best], holding == [best]))
      } else {
        answers += task.labels.map { (row[$0], holding.contains($0)) }
      }
    }
    return task.isExclusive ? reliable(answers) : balanced(answers)
  }

  /// The least threshold at or above which answers are right often enough; 0 if all of them are.
  static func reliable(_ answers: [(probability: Double, isRight: Bool)]) -> Double {
    let sorted = answers.sorted { $0.probability > $1.probability }
    var (right, end, result) = (0, 0, 1.0)
    while end < sorted.count {
      let probability = sorted[end].probability
      while end < sorted.count, sorted[end].probability == probability {
        right += sorted[end].isRight ? 1 : 0
        end += 1
      }
      if Double(right) >= reliability * Double(end) {
        result = end == sorted.count ? 0 : max(0, min(1, probability))
      }
    }
    return result
  }

  /// The threshold with the highest F1 over the labels of a task, in the middle between two
  /// probabilities; 0.5 if no label ever holds.
  static func balanced(_ answers: [(probability: Double, isRight: Bool)]) -> Double {
    let sorted = answers.sorted { $0.probability > $1.probability }
    let all = sorted.count { $0.isRight }
    if all == 0 { return 0.5 }
    var (hits, end, best, result) = (0, 0, 0.0, 0.5)
    while end < sorted.count {
      let probability = sorted[end].probability
      while end < sorted.count, sorted[end].probability == probability {
        hits += sorted[end].isRight ? 1 : 0
        end += 1
      }
      let f1 = 2 * Double(hits) / Double(all + end)
      if f1 > best {
        let next = end < sorted.count ? sorted[end].probability : 0
        (best, result) = (f1, max(0, min(1, (probability + next) / 2)))
      }
    }
    return result
  }
}

/// What calibration is worth on images that it has not seen: fitted on one half of the images and
/// measured on the other, both ways.
public struct CrossFit: Equatable, Sendable {
  /// Expected calibration error of each task over all images, each with the calibration that was
  /// fitted without it; nil where no answer is known.
  public let errors: [Double?]
  public let loss: Double

  /// Neighbours go to different halves, which keeps combinations even where images are in their
  /// order.
  public init(_ outputs: Outputs) {
    let halves = (0..<2).map { half in outputs.truth.indices.filter { $0 % 2 == half } }
    var all = Outputs(outputs.labels, head: outputs.head)
    for half in 0..<2 {
      let calibration = TaskCalibration.fitted(to: outputs.at(halves[1 - half]))
      let own = outputs.at(halves[half]).divided(by: calibration.map { $0.temperature })
      for (logits, truth) in zip(own.logits, own.truth) { all.append(logits, truth) }
    }
    let measures = all.measures()
    errors = measures.tasks.map { $0.calibration.error }
    loss = measures.score.loss
  }
}
