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

  public func score(_ positions: [Int], thresholds: [Double]? = nil) -> Score {
    measure(positions, thresholds: thresholds).score
  }

  public func measure(_ positions: [Int], thresholds: [Double]? = nil) -> Measures {
    outputs(positions).measures(thresholds: thresholds)
  }

  /// The network's logits for some positions, in order.
  public func outputs(_ positions: [Int]) -> Outputs {
    var outputs = Outputs(data.index.labels, head: network.head)
    let count = data.index.labels.labels.count
    let size = network.inputShape.count
    for start in stride(from: 0, to: positions.count, by: batch) {
      let part = positions[start..<min(positions.count, start + batch)]
      workers.forEach(part.count) { row, _ in
        Warp.copy(
          data.image(part[start + row]), count: size, into: network.input + row * size)
      }
      network.forward(Pass(batch: part.count, isTraining: false, workers: workers))
      for (row, position) in part.enumerated() {
        let logits = UnsafeBufferPointer(start: network.logits + row * count, count: count)
        outputs.append(Array(logits), data.answers(position))
      }
    }
    return outputs
  }
}
