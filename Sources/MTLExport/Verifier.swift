import CMTL
import MTLFormat
import MTLRuntime
import MTLTrain

/// How far the answers of a file are from those of the network that it was made of.
public struct Verification: Sendable {
  public let images: Int
  /// In any probability of any image, by any backend that was tried.
  public let largestDifference: Float
  /// Names of the backends that were tried.
  public let backends: [String]
}

/// Runs a model file and the training graph side by side on generated images.
struct Verifier {
  private let exporter: Exporter
  private let workers: Workers

  /// Images, few for the plain kernels, which take their time.
  private static let counts = [("scalar", 2), ("auto", 16)]

  init(exporter: Exporter, workers: Workers) {
    self.exporter = exporter
    self.workers = workers
  }

  func selfTestInput() throws(Status) -> [UInt8] { try pictures(1)[0] }

  /// Generated photographs, and not noise, which looks the same to every filter.
  private func pictures(_ count: Int) throws(Status) -> [[UInt8]] {
    try SampleSet.pictures(count: count, side: exporter.network.inputShape.width, seed: 1)
  }

  func verify(_ file: Bytes) throws -> Verification {
    var largest: Float = 0
    var (images, names) = (0, [String]())
    for (backends, count) in Self.counts {
      let input = try pictures(count).flatMap { $0.map { Float($0) / 255 } }
      let expected = try trained(input, batch: count)
      let found = try run(file, backends: backends, input: input, batch: count)
      for (a, b) in zip(expected, found) {
        // A NaN must not pass for small.
        largest = abs(a - b) <= largest ? largest : abs(a - b)
        if largest.isNaN { throw Status(MTLRT_E_VERIFY, "an answer is not a number") }
      }
      images += count
      names.append(backends)
    }
    return Verification(images: images, largestDifference: largest, backends: names)
  }

  /// The training graph's probabilities, in the order of the file's outputs.
  private func trained(_ input: [Float], batch: Int) throws -> [Float] {
    let network = exporter.network
    try network.prepare(capacity: batch, workers: workers)
    network.input.update(from: input, count: input.count)
    network.forward(Pass(batch: batch, isTraining: false, workers: workers))
    let labels = network.outputShape.count
    let loss = TaskLoss(labels: exporter.checkpoint.labels, head: network.head)
    return (0..<batch).flatMap { row in
      let probabilities = loss.logProbabilities(network.logits + row * labels)
      return exporter.outputOrder.map { Float(exp(probabilities[$0].holds)) }
    }
  }

  /// The file's probabilities. Errors: it does not open or run.
  func run(_ file: Bytes, backends: String, input: [Float], batch: Int) throws -> [Float] {
    try withExtendedLifetime(file) {
      try ModelRun(file.view, backends: backends, threads: workers.threads)
        .outputs([input], batch: batch)[0]
    }
  }
}
