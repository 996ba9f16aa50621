import CMTL
import MTLTrain
import Testing

struct TaskLossTests {
  /// The derivative of the average by each logit, by differences; the second image has no answer
  /// for the first task.
  @Test(arguments: [Head.sigmoid, Head.softmax], [nil, [1, 2, 0.5, 3, 0.25]] as [[Float]?])
  func gradient(head: Head, weights: [Float]?) throws {
    for independent in [[], ["b"]] as [Set<String>] {
      try gradient(head, weights?.map { TaskLoss.Weight(with: $0, without: $0 / 4) }, independent)
    }
  }

  private func gradient(
    _ head: Head, _ weights: [TaskLoss.Weight]?, _ independent: Set<String>
  ) throws {
    let labels = try LabelSet(
      names: ["a", "b"], labels: [["l0", "l2"], ["l1", "l3", "l4"]], independent: independent)
    let loss = TaskLoss(labels: labels, head: head, weights: weights)
    var logits: [Float] = [0.3, -1, 2, 0.5, 0.1, 1, 2, -3, 0.25, -0.5]
    let targets: [Float] = [1, 0, 0, 1, 0, -1, 1, -1, 0, 0]
    var gradient = [Float](repeating: .nan, count: 10)
    loss.gradient(logits: logits, targets: targets, images: 2, into: &gradient)
    for i in 0..<10 {
      let middle = logits[i]
      logits[i] = middle + 0x1p-7
      let above = loss.average(logits: logits, targets: targets, images: 2)
      logits[i] = middle - 0x1p-7
      let below = loss.average(logits: logits, targets: targets, images: 2)
      logits[i] = middle
      #expect(abs(Double(gradient[i]) - (above - below) / 0x1p-6) < 1e-5)
    }
    #expect(gradient[5] == 0 && gradient[7] == 0)
    let parts = loss.parts(logits: logits, targets: targets, images: 2)
    let all = loss.average(logits: logits, targets: targets, images: 2)
    #expect(abs(parts.reduce(0, +) - all) < 1e-12)
    var scaled = gradient
    loss.gradient(
      logits: logits, targets: targets, images: 2, factors: [2, 0.5], into: &scaled)
    for image in 0..<2 {
      for (task, factor) in zip(labels.tasks, [2, 0.5] as [Float]) {
        for i in task.labels.map({ image * 5 + $0 }) {
          #expect(abs(scaled[i] - factor * gradient[i]) < 1e-6)
        }
      }
    }
  }

  /// Probabilities of a label and of its complement sum up to 1, and stay finite far out.
  @Test(arguments: [Head.sigmoid, Head.softmax])
  func probabilities(head: Head) throws {
    let labels = try LabelSet(names: ["a", "b"], labels: [["l0", "l2"], ["l1", "l3", "l4"]])
    let loss = TaskLoss(labels: labels, head: head)
    let near: [Float] = [0.3, -1, 2, 0.5, 0.1]
    let sums = loss.logProbabilities(near)
    for p in sums { #expect(abs(exp(p.holds) + exp(p.fails) - 1) < 1e-12) }
    if head == .softmax {
      for task in labels.tasks {
        #expect(abs(task.labels.reduce(0) { $0 + exp(sums[$1].holds) } - 1) < 1e-12)
      }
    }
    let far: [Float] = [300, -400, -300, 500, 0]
    for p in loss.logProbabilities(far) { #expect(p.holds.isFinite && p.fails.isFinite) }
  }
}
