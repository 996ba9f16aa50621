import Foundation
import MTLTrain
import Testing

struct MeasuresTests {
  /// Of a network with these probabilities.
  static func measures(
    _ labels: LabelSet, _ probabilities: [[Double]], _ truth: [[[Int]?]],
    thresholds: [Double]? = nil, head: Head = .softmax
  ) -> Measures {
    let logits = probabilities.map { row in
      row.map { p in Float(head == .softmax ? log(p) : log(p) - log(1 - p)) }
    }
    return Outputs(labels, head: head, logits: logits, truth: truth)
      .measures(thresholds: thresholds)
  }

  /// Where several labels may hold, each is measured by itself, and an answer is right if all are.
  @Test func severalLabelsMayHold() throws {
    let labels = try LabelSet(names: ["t"], labels: [["a", "b"]], independent: ["t"])
    let probabilities = [[0.9, 0.7], [0.6, 0.2], [0.1, 0.3], [0.45, 0.1]]
    let truth: [[[Int]?]] = [[[0, 1]], [[]], [[]], [[0]]]
    for head in [Head.softmax, .sigmoid] {
      let logits = probabilities.map { row in row.map { Float(log($0) - log(1 - $0)) } }
      let outputs = Outputs(labels, head: head, logits: logits, truth: truth)
      let half = outputs.measures()
      #expect(half.isRight == [[true], [false], [true], [false]])
      #expect(half.score.exact == 0.5 && half.tasks[0].accuracy == 0.5)
      #expect(half.tasks[0].confusion == nil)
      let a = half.tasks[0].labels[0]
      #expect(a.precision == 0.5 && a.recall == 0.5 && a.images == 2)
      #expect(half.tasks[0].labels[1].f1 == 1)
      #expect(half.mistakes.map { $0.answer } == [0, nil])
      #expect(half.mistakes.map { $0.truth } == [nil, 0])
      let lower = outputs.measures(thresholds: [0.4])
      #expect(lower.isRight == [[true], [false], [true], [true]])
      #expect(lower.tasks[0].labels[0].recall == 1)
      #expect(lower.tasks[0].calibration.bins.reduce(0) { $0 + $1.images } == 8)
    }
  }

  /// Four images of a task with three labels, counted by hand.
  @Test func figuresAreThoseOfTheirDefinitions() throws {
    let labels = try LabelSet(names: ["t"], labels: [["a", "b", "c"]])
    let probabilities = [[0.7, 0.2, 0.1], [0.4, 0.5, 0.1], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1]]
    let truth: [[[Int]?]] = [[[0]], [[0]], [[1]], [[1]]]
    let measures = Self.measures(labels, probabilities, truth)
    let task = measures.tasks[0]
    #expect(measures.score.exact == 0.5 && measures.isRight == [[true], [false], [true], [false]])
    #expect(task.confusion == [[1, 1, 0], [1, 1, 0], [0, 0, 0]])
    #expect(task.accuracy == 0.5)
    let a = task.labels[0]
    #expect(a.precision == 0.5 && a.recall == 0.5 && a.f1 == 0.5 && a.images == 2)
    // Ranked by a: image 0 (has it), 3, 1 (has it), 2.
    let precision: Double = 5.0 / 6
    #expect(abs(a.averagePrecision! - precision) < 1e-12)
    let c = task.labels[2]
    #expect(c.precision == nil && c.recall == nil && c.f1 == nil && c.averagePrecision == nil)
    // Bins of a 15th: 0.5 wrong; 0.6 wrong; 0.7 right; 0.8 right, each alone.
    let error: Double = 1.6 / 4
    #expect(abs(task.calibration.error! - error) < 1e-6)
  }

  /// With equal probabilities the order of images does not matter: precision is that of all.
  @Test func equalProbabilitiesAreOneStep() throws {
    let labels = try LabelSet(names: ["t"], labels: [["a", "b"]])
    let measures = Self.measures(
      labels, Array(repeating: [0.5, 0.5], count: 4), [[[1]], [[1]], [[0]], [[1]]])
    #expect(measures.tasks[0].labels[0].averagePrecision == 0.25)
  }

  /// They end, and count as wrong.
  @Test func notNumbersAreMeasuredToo() throws {
    let labels = try LabelSet(names: ["t"], labels: [["a", "b"]])
    let measures = Self.measures(labels, [[.nan, .nan], [.nan, .nan]], [[[0]], [[1]]])
    #expect(measures.tasks[0].calibration.bins[0].images == 2)
    #expect(measures.tasks[0].labels.count == 2)
  }

  /// What is not known counts nowhere.
  @Test func unknownAnswersAreLeftOut() throws {
    let labels = try LabelSet(names: ["t", "u"], labels: [["a", "b"], ["c", "d"]])
    let measures = Self.measures(
      labels, [[0.9, 0.1, 0.2, 0.8], [0.9, 0.1, 0.2, 0.8]], [[[0], nil], [nil, [3]]])
    #expect(measures.isRight == [[true, nil], [nil, true]])
    #expect(measures.tasks[0].confusion == [[1, 0], [0, 0]])
    #expect(measures.tasks[1].confusion == [[0, 0], [0, 1]])
    #expect(measures.mistakes.isEmpty)
  }

  @Test func intervalsHoldThePartAndNarrow() {
    let few = Measures.interval(0.9, of: 10)
    let many = Measures.interval(0.9, of: 1000)
    #expect(few.low < many.low && many.low < 0.9 && 0.9 < many.high && many.high < few.high)
    #expect(abs(many.low - 0.8798) < 5e-4 && abs(many.high - 0.9171) < 5e-4)
    let none = Measures.interval(1, of: 5)
    #expect(none.high == 1 && abs(none.low - 0.5655) < 5e-4)
  }
}
