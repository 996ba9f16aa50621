import CMTL

/// How right a network is on a set of images, in every respect that a report shows.
public struct Measures: Sendable {
  public struct Label: Sendable {
    public let name: String
    /// Of the images that were given the label, the part that have it; nil if none was given it,
    /// or none has it.
    public let precision: Double?
    /// Of the images that have the label, the part that were given it; nil if there are none.
    public let recall: Double?
    /// Area under precision over recall as the threshold falls; nil if no image has the label.
    public let averagePrecision: Double?
    /// Images that have it.
    public let images: Int

    /// The harmonic mean of precision and recall; 0 if no image was rightly given the label, nil
    /// if none has it.
    public var f1: Double? {
      guard let recall else { return nil }
      guard let precision, precision + recall > 0 else { return 0 }
      return 2 * precision * recall / (precision + recall)
    }
  }

  public struct Task: Sendable {
    public let name: String
    public let labels: [Label]
    /// Part of the images whose answer is right, in all labels; nil if no answer is known.
    public let accuracy: Double?
    /// Images by (true label, answer), both as in `labels`; nil where several labels may hold.
    public let confusion: [[Int]]?
    /// Of the answers of an exclusive task; where several labels may hold, of each label.
    public let calibration: Calibration
  }

  /// How far the probability of an answer can be taken at its word.
  public struct Calibration: Sendable {
    public struct Bin: Sendable {
      public let images: Int
      /// Means over the bin's images.
      public let confidence: Double, accuracy: Double
      fileprivate let confidences: [Double]
    }

    /// Of equal width from 0 to 1, by the probability.
    public let bins: [Bin]

    /// Answers that were counted.
    private var images: Int { bins.reduce(0) { $0 + $1.images } }

    /// Expected calibration error: the mean distance between confidence and accuracy, by images;
    /// nil without any.
    public var error: Double? {
      let all = images
      if all == 0 { return nil }
      return bins.reduce(0) {
        $0 + abs($1.confidence - $1.accuracy) * Double($1.images) / Double(all)
      }
    }

    /// The mean error of networks that are right exactly as often as they say, on as many images
    /// and with the same probabilities: below it an error is no sign of a bad calibration;
    /// nil without images.
    public var chance: Double? {
      let draws = 300
      let all = images
      if all == 0 { return nil }
      var random = Random(.chance)
      var total = 0.0
      for _ in 0..<draws {
        for bin in bins {
          let right = bin.confidences.count { random.unit() < $0 }
          total += abs(bin.confidence * Double(bin.images) - Double(right))
        }
      }
      return total / Double(draws * all)
    }

    init(_ answers: [(confidence: Double, isRight: Bool)], bins count: Int = 15) {
      func bin(_ confidence: Double) -> Int {
        confidence > 0 ? Int(min(confidence * Double(count), Double(count - 1))) : 0
      }
      bins = (0..<count).map { number in
        let own = answers.filter { bin($0.confidence) == number }
        let size = Double(max(1, own.count))
        return Bin(
          images: own.count, confidence: own.reduce(0) { $0 + $1.confidence } / size,
          accuracy: Double(own.count { $0.isRight }) / size,
          confidences: own.map { $0.confidence })
      }
    }
  }

  /// An image whose task was answered wrongly; where several labels may hold, one for each of them.
  public struct Mistake: Sendable {
    /// Place of the image among those that were measured.
    public let image: Int
    public let task: Int
    /// Labels of the whole set. Where several labels may hold, one is nil: a label that holds and
    /// was not named, or the other way round.
    public let answer: Int?, truth: Int?
    /// What the network gave the answer.
    public let probability: Double
  }

  public let score: Score
  public let tasks: [Task]
  /// For each image and task whether the answer is right; nil where that is not known.
  public let isRight: [[Bool?]]
  /// The most confident first.
  public let mistakes: [Mistake]

  /// A row for each image: the probability of each label, the labels that were named of each task
  /// and those that hold, or nil if that is not known; such an image does not count for the task.
  init(
    _ labels: LabelSet, score: Score, probabilities: [[Double]], answers: [[[Int]]],
    truth: [[[Int]?]]
  ) {
    self.score = score
    isRight = zip(answers, truth).map { answers, truth in
      zip(answers, truth).map { answer, truth in truth.map { $0 == answer } }
    }
    mistakes = Measures.mistakes(labels, probabilities, answers, truth)
    tasks = labels.tasks.indices.map { number in
      let known = truth.indices.filter { truth[$0][number] != nil }
      return Measures.task(
        labels, number,
        known.map {
          Case(
            probabilities: probabilities[$0], answer: answers[$0][number],
            truth: truth[$0][number]!)
        })
    }
  }

  /// One image as a task sees it.
  private struct Case {
    let probabilities: [Double]
    let answer: [Int], truth: [Int]
  }

  private static func mistakes(
    _ labels: LabelSet, _ probabilities: [[Double]], _ answers: [[[Int]]], _ truth: [[[Int]?]]
  ) -> [Mistake] {
    var mistakes: [Mistake] = []
    for (image, row) in probabilities.enumerated() {
      for (number, task) in labels.tasks.enumerated() {
        let answer = answers[image][number]
        guard let right = truth[image][number], answer != right else { continue }
        func add(_ answer: Int?, _ truth: Int?, _ probability: Double) {
          mistakes.append(
            Mistake(
              image: image, task: number, answer: answer, truth: truth, probability: probability))
        }
        if task.isExclusive {
          add(answer[0], right[0], row[answer[0]])
        } else {
          for label in answer where !right.contains(label) { add(label, nil, row[label]) }
          for label in right where !answer.contains(label) { add(nil, label, 1 - row[label]) }
        }
      }
    }
    return mistakes.sorted {
      ($1.probability, $0.image, $0.task) < ($0.probability, $1.image, $1.task)
    }
  }

  private static func task(_ labels: LabelSet, _ number: Int, _ cases: [Case]) -> Task {
    let task = labels.tasks[number]
    let own = task.labels
    let results = own.map { label in
      let hits = cases.count { $0.answer.contains(label) && $0.truth.contains(label) }
      let given = cases.count { $0.answer.contains(label) }
      let images = cases.count { $0.truth.contains(label) }
      return Label(
        name: labels.labels[label],
        precision: given == 0 || images == 0 ? nil : Double(hits) / Double(given),
        recall: share(hits, of: images),
        averagePrecision: averagePrecision(
          cases.map { ($0.probabilities[label], $0.truth.contains(label)) }), images: images)
    }
    let right = cases.count { $0.answer == $0.truth }
    let accuracy = share(right, of: cases.count)
    guard task.isExclusive else {
      let calibration = Calibration(
        cases.flatMap { each in
          own.map { (each.probabilities[$0], each.truth.contains($0)) }
        })
      return Task(
        name: task.name, labels: results, accuracy: accuracy, confusion: nil,
        calibration: calibration)
    }
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: own.count), count: own.count)
    for each in cases {
      confusion[own.firstIndex(of: each.truth[0])!][own.firstIndex(of: each.answer[0])!] += 1
    }
    let calibration = Calibration(
      cases.map { ($0.probabilities[$0.answer[0]], $0.answer == $0.truth) })
    return Task(
      name: task.name, labels: results, accuracy: accuracy, confusion: confusion,
      calibration: calibration)
  }

  /// The mean over the images that have the label of the precision among those that are at least as
  /// probable; images of equal probability are taken together. nil if none has the label.
  static func averagePrecision(_ images: [(probability: Double, has: Bool)]) -> Double? {
    let sorted = images.sorted { $0.probability > $1.probability }
    var (hits, total, next) = (0, 0.0, 0)
    while next < sorted.count {
      // At least one is taken: what is no number equals nothing, not even itself.
      var end = next + 1
      while end < sorted.count, sorted[end].probability == sorted[next].probability { end += 1 }
      let new = sorted[next..<end].count { $0.has }
      hits += new
      total += Double(new) * Double(hits) / Double(end)
      next = end
    }
    return hits == 0 ? nil : total / Double(hits)
  }

  /// The part of images that are right in every task, and between which parts the true one lies,
  /// as text. Images of which an answer is not known do not count.
  public var exactText: String {
    guard let exact = score.exact else { return percent(score.exact) }
    let (low, high) = exactInterval
    return "\(percent(exact)) (95%: \(percent(low)) to \(percent(high)))"
  }

  /// Those parts, by the images of which all answers are known.
  public var exactInterval: (low: Double, high: Double) {
    let complete = isRight.count { !$0.contains { $0 == nil } }
    return Measures.interval(score.exact ?? 0, of: complete)
  }

  /// Between which parts the true one lies with 95% confidence (Wilson, 1927), when `part` of
  /// `images` was seen.
  public static func interval(_ part: Double, of images: Int) -> (low: Double, high: Double) {
    guard images > 0 else { return (0, 1) }
    let (n, z) = (Double(images), 1.959964)
    let middle = (part + z * z / (2 * n)) / (1 + z * z / n)
    let reach = z / (1 + z * z / n) * (part * (1 - part) / n + z * z / (4 * n * n)).squareRoot()
    return (max(0, middle - reach), min(1, middle + reach))
  }
}
