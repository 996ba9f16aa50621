import CMTL

/// How right a network is on a set of images, in every respect that a report shows.
public struct Measures: Sendable {
  public struct Label: Sendable {
    public let name: String
    /// Of the images that were given the label, the part that have it; 0 if there are none.
    public let precision: Double
    /// Of the images that have the label, the part that were given it; 0 if there are none.
    public let recall: Double
    /// Area under precision over recall as the threshold falls; 0 if no image has the label.
    public let averagePrecision: Double
    /// Images that have it.
    public let images: Int

    /// The harmonic mean of precision and recall; 0 if both are.
    public var f1: Double {
      precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall)
    }
  }

  public struct Task: Sendable {
    public let name: String
    public let labels: [Label]
    /// Images by (true label, answer), both as in `labels`.
    public let confusion: [[Int]]
    public let calibration: Calibration

    public var accuracy: Double {
      let all = confusion.reduce(0) { $0 + $1.reduce(0, +) }
      return Double(confusion.indices.reduce(0) { $0 + confusion[$1][$1] }) / Double(max(1, all))
    }
  }

  /// How far the probability of an answer can be taken at its word.
  public struct Calibration: Sendable {
    public struct Bin: Sendable {
      public let images: Int
      /// Means over the bin's images.
      public let confidence: Double, accuracy: Double
    }

    /// Of equal width from 0 to 1, by the probability of the answer.
    public let bins: [Bin]

    /// Expected calibration error: the mean distance between confidence and accuracy, by images.
    public var error: Double {
      let all = bins.reduce(0) { $0 + $1.images }
      return bins.reduce(0) {
        $0 + abs($1.confidence - $1.accuracy) * Double($1.images) / Double(max(1, all))
      }
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
          accuracy: Double(own.count { $0.isRight }) / size)
      }
    }
  }

  /// An image whose task was answered wrongly.
  public struct Mistake: Sendable {
    /// Place of the image among those that were measured.
    public let image: Int
    public let task: Int
    /// Labels of the whole set.
    public let answer: Int, truth: Int
    /// Of the answer.
    public let probability: Double
  }

  public let score: Score
  public let tasks: [Task]
  /// The most confident first.
  public let mistakes: [Mistake]

  /// `probabilities` and `truth` have a row for each image: the probability of each label, and the
  /// label of each task or nil if it is not known; such an image does not count for the task.
  public init(
    _ labels: LabelSet, score: Score, probabilities: [[Double]], truth: [[Int?]]
  ) {
    self.score = score
    mistakes = Measures.mistakes(labels, probabilities, truth)
    tasks = labels.tasks.indices.map { number in
      let known = truth.indices.filter { truth[$0][number] != nil }
      return Measures.task(
        labels, number, probabilities: known.map { probabilities[$0] },
        truth: known.map { truth[$0][number]! })
    }
  }

  private static func mistakes(
    _ labels: LabelSet, _ probabilities: [[Double]], _ truth: [[Int?]]
  ) -> [Mistake] {
    var mistakes: [Mistake] = []
    for (image, (row, right)) in zip(probabilities, truth).enumerated() {
      for (number, task) in labels.tasks.enumerated() {
        let answer = task.answer(row)
        guard let right = right[number], answer != right else { continue }
        mistakes.append(
          Mistake(
            image: image, task: number, answer: answer, truth: right,
            probability: row[answer]))
      }
    }
    return mistakes.sorted {
      ($1.probability, $0.image, $0.task) < ($0.probability, $1.image, $1.task)
    }
  }

  private static func task(
    _ labels: LabelSet, _ number: Int, probabilities: [[Double]], truth: [Int]
  ) -> Task {
    let task = labels.tasks[number]
    let own = task.labels
    var confusion = [[Int]](repeating: [Int](repeating: 0, count: own.count), count: own.count)
    var answers: [(confidence: Double, isRight: Bool)] = []
    for (row, right) in zip(probabilities, truth) {
      let best = task.answer(row)
      confusion[own.firstIndex(of: right)!][own.firstIndex(of: best)!] += 1
      answers.append((row[best], best == right))
    }
    return Task(
      name: task.name,
      labels: own.enumerated().map { index, label in
        let hits = Double(confusion[index][index])
        let given = Double(confusion.reduce(0) { $0 + $1[index] })
        let images = confusion[index].reduce(0, +)
        return Label(
          name: labels.labels[label], precision: given == 0 ? 0 : hits / given,
          recall: images == 0 ? 0 : hits / Double(images),
          averagePrecision: averagePrecision(
            zip(probabilities, truth).map { ($0[label], $1 == label) }), images: images)
      }, confusion: confusion, calibration: Calibration(answers))
  }

  /// The mean over the images that have the label of the precision among those that are at least as
  /// probable; images of equal probability are taken together.
  static func averagePrecision(_ images: [(probability: Double, has: Bool)]) -> Double {
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
    return hits == 0 ? 0 : total / Double(hits)
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
