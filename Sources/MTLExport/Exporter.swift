import CMTL
import MTLFormat
import MTLTrain
import MTLWriter

/// Makes a model file of a trained network: folded graph, tasks, labels, preprocessing, provenance,
/// self-test. The same checkpoint gives the same bytes.
public struct Exporter {
  public let checkpoint: Checkpoint
  public let network: Network
  public let weights: WeightType

  /// For each output of the file, the network's output that it is: labels of one task stand side by
  /// side in a file, in a network they are in the order of their bytes.
  public var outputOrder: [Int] {
    network.branches.count == 1
      ? checkpoint.labels.tasks.flatMap { $0.labels } : network.branches.flatMap { $0.labels }
  }

  public init(_ checkpoint: Checkpoint, weights: WeightType) throws(Status) {
    self.checkpoint = checkpoint
    self.weights = weights
    network = try checkpoint.network()
  }

  /// Writes the file at `path` once its bytes were verified in memory; returns how far its answers
  /// are from the network's.
  ///
  /// Errors: the file cannot be written; an answer differs by more than the weights' type allows.
  public func export(to path: String, workers: Workers) throws -> Verification {
    let graph = try self.graph()
    let verifier = Verifier(exporter: self, workers: workers)
    // The expected outputs are those of the plain kernels, which give the same bits everywhere.
    let input = try verifier.selfTestInput()
    let untested = try Writer.encoded(graph.model)
    let outputs = try verifier.run(
      untested, backends: "scalar", input: input.map { Float($0) / 255 }, batch: 1)
    graph.describe { model in
      model.selfTest = SelfTest(tolerance: 1e-4, inputs: [input], outputs: [outputs])
    }
    let file = try withExtendedLifetime(graph) { try Writer.encoded(graph.model) }
    let verification = try verifier.verify(file)
    guard verification.largestDifference <= weights.allowedDifference else {
      throw Status(
        MTLRT_E_VERIFY,
        """
        an answer differs from the trained network's by \(verification.largestDifference), \
        weights as \(weights.rawValue) may differ by \(weights.allowedDifference)
        """)
    }
    try withExtendedLifetime(file) { try replaceFile(at: path, with: file.view) }
    return verification
  }

  /// That of the runtime which verified the file.
  private var version: String {
    let number = mtlrt_version()
    return "\(number >> 16).\(number >> 8 & 0xFF).\(number & 0xFF)"
  }

  private func graph() throws(Status) -> GraphBuilder {
    let graph = GraphBuilder()
    let input = graph.input("image", network.inputShape)
    let answers = try network.branches.map { (branch) throws(Status) in
      try export(branch, to: graph, input: input)
    }
    let labels = network.outputShape.count
    if answers.count == 1 {
      graph.output(answers[0])
    } else {
      graph.output(
        graph.node(
          MTLRT_OP_CONCAT, "probabilities", answers, shape: [labels], attributes: [1]))
    }
    try graph.finish(weights: weights)
    graph.describe(describe)
    return graph
  }

  /// The probabilities of a branch's labels, in the order of the file's outputs.
  private func export(
    _ branch: Branch, to graph: GraphBuilder, input: Int
  ) throws(Status) -> Int {
    let isWhole = network.branches.count == 1
    var tensor = input
    for (index, layer) in branch.layers.enumerated() {
      guard let exportable = layer as? any ExportableLayer else {
        throw Status(MTLRT_E_ARGUMENT, "layer \(layer.name) has no form in a model file")
      }
      if isWhole, index == branch.layers.count - 1, let dense = layer as? Dense {
        tensor = try dense.export(to: graph, input: tensor, rows: outputOrder)
      } else {
        tensor = try exportable.export(to: graph, input: tensor)
      }
    }
    let last = branch.layers.last?.name ?? "image"
    let name = isWhole ? "probabilities" : last + ".probabilities"
    // A branch with a softmax is that of one task.
    let isExclusive = checkpoint.labels.tasks.first { $0.labels == branch.labels }?.isExclusive
    switch isExclusive == false ? Head.sigmoid : network.head {
    case .sigmoid:
      return graph.node(MTLRT_OP_SIGMOID, name, [tensor], shape: [branch.labels.count])
    case .softmax:
      return graph.node(
        MTLRT_OP_SOFTMAX, name, [tensor], shape: [branch.labels.count], attributes: [1])
    }
  }

  private func describe(_ model: inout Model) {
    let side = (network.inputShape.height, network.inputShape.width)
    model.preprocessing = Preprocessing(
      width: side.1, height: side.0, resize: .bilinear, channels: .rgb, appliesOrientation: true,
      scale: 1 / 255, mean: [0, 0, 0], deviation: [1, 1, 1])
    var first = 0
    for (number, task) in checkpoint.labels.tasks.enumerated() {
      model.tasks.append(
        Task(
          name: Name(task.name), isExclusive: task.isExclusive, output: 0, first: first,
          labels: task.labels.map { Name(checkpoint.labels.labels[$0]) },
          threshold: Float(checkpoint.thresholds?[number] ?? 0.5)))
      first += task.labels.count
    }
    let configuration = checkpoint.configuration
    var entries: [(String, String)] = [
      ("mtl.input_layout", "NHWC"),
      ("mtl.network", configuration.network),
      ("mtl.producer", "mtl-export \(version)"),
      ("training.batch", "\(configuration.batch)"),
      ("training.epoch", "\(checkpoint.epoch)"),
      ("training.images", hex(checkpoint.fingerprint)),
      ("training.recipe", configuration.recipe),
      ("training.seed", "\(configuration.seed)"),
    ]
    if let row = checkpoint.history.rows.first(where: { $0.epoch == checkpoint.epoch }) {
      if let exact = row.score.exact { entries.append(("training.val_exact", fixed(exact, 6))) }
      entries.append(("training.val_loss", fixed(row.score.loss, 6)))
    }
    model.metadata = entries.map { (key: Name($0.0), value: Name($0.1)) }
  }
}

/// The fingerprint of the training images, as CRC-32C is usually written.
private func hex(_ value: UInt32) -> String {
  let digits = String(value, radix: 16)
  return "crc32c:" + String(repeating: "0", count: 8 - digits.utf8.count) + digits
}
