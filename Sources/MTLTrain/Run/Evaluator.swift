import CMTL

/// Runs a network over images of a data set, without augmentation and dropout.
public struct Evaluator {
  let network: Network
  let data: DataSet
  let workers: Workers
  /// No more than the network was prepared for.
  let batch: Int

  public init(network: Network, data: DataSet, workers: Workers, batch: Int) {
    self.network = network
    self.data = data
    self.workers = workers
    self.batch = batch
  }

  public func score(_ positions: [Int]) -> Score { measure(positions).score }

  /// Answers that are not known count nowhere; a match is exact if all are known and right.
  public func measure(_ positions: [Int]) -> Measures {
    let labels = data.index.labels
    let count = labels.labels.count
    let loss = TaskLoss(labels: labels, head: network.head)
    var total = 0.0
    var right = [Int](repeating: 0, count: labels.tasks.count)
    var known = right
    var (exact, complete, knownLabels) = (0, 0, 0)
    var (probabilities, truths) = ([[Double]](), [[Int?]]())
    forEachBatch(of: positions) { part, logits in
      for (row, position) in part.enumerated() {
        let logits = logits + row * count
        let truth = data.answers(position)
        let logProbabilities = loss.logProbabilities(logits)
        for (task, right) in zip(labels.tasks, truth) {
          guard let right else { continue }
          knownLabels += task.labels.count
          for label in task.labels {
            let probability = logProbabilities[label]
            total -= label == right ? probability.holds : probability.fails
          }
        }
        probabilities.append(logProbabilities.map { exp($0.holds) })
        truths.append(truth)
        let answers = labels.answers(logits)
        for task in right.indices where truth[task] != nil {
          known[task] += 1
          if answers[task] == truth[task] { right[task] += 1 }
        }
        if !truth.contains(nil) {
          complete += 1
          if answers == truth { exact += 1 }
        }
      }
    }
    let score = Score(
      images: positions.count, loss: total / Double(max(1, knownLabels)),
      tasks: zip(right, known).map { Double($0) / Double(max(1, $1)) },
      exact: Double(exact) / Double(max(1, complete)))
    return Measures(labels, score: score, probabilities: probabilities, truth: truths)
  }

  /// Calls `body` with some positions and their logits `(positions, labels)`, in order.
  private func forEachBatch(of positions: [Int], _ body: (ArraySlice<Int>, Floats) -> Void) {
    let size = network.inputShape.count
    for start in stride(from: 0, to: positions.count, by: batch) {
      let part = positions[start..<min(positions.count, start + batch)]
      workers.forEach(part.count) { row, _ in
        Warp.copy(
          data.image(part[start + row]), count: size, into: network.input + row * size)
      }
      network.forward(Pass(batch: part.count, isTraining: false, workers: workers))
      body(part, network.logits)
    }
  }
}
