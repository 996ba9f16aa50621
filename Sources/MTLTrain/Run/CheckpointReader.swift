import CMTL
import MTLFormat
import MTLWriter

extension Checkpoint {
  /// Errors: no such file, not a checkpoint, a newer one, a damaged one, one whose network is made
  /// of other layers now.
  public init(reading path: String) throws(Status) {
    let file = try Bytes.map(file: path)
    let view = file.view
    let magic = Checkpoint.magic
    guard view.count >= magic.count + 12, view.prefix(magic.count).elementsEqual(magic) else {
      throw Status(MTLRT_E_IO, "\(path): not a checkpoint of mtl-train")
    }
    let body = UnsafeRawBufferPointer(rebasing: view.dropLast(4))
    var decoder = BinaryDecoder(body, path: path)
    for _ in magic { _ = try decoder.integer(UInt8.self) }
    let version = try decoder.integer(UInt32.self)
    guard (1...Checkpoint.version).contains(version) else {
      throw Status(
        MTLRT_E_IO,
        "\(path): checkpoint version \(version); this program reads 1 to \(Checkpoint.version)")
    }
    let sum = UInt32(littleEndian: view.loadUnaligned(fromByteOffset: body.count, as: UInt32.self))
    guard sum == CRC32C.checksum(body) else {
      throw Status(MTLRT_E_IO, "\(path): the checksum does not match: damaged or cut short")
    }
    let flags = try decoder.integer(UInt32.self)
    guard flags <= 3 else { throw decoder.failure("unknown flags") }
    try self.init(fieldsOf: &decoder, version: version)
    if version < 4 && configuration.network == NetworkKind.branches.name {
      throw Status(
        MTLRT_E_IO, "\(path): the network branches was made of other layers then: train it anew")
    }
    adopt(
      try Checkpoint.tensors(
        &decoder, hasMoments: flags & 1 != 0, hasAverages: flags & 2 != 0),
      hasMoments: flags & 1 != 0, of: file)
    guard decoder.isAtEnd else { throw decoder.failure("bytes that belong to nothing") }
  }

  private init(fieldsOf decoder: inout BinaryDecoder, version: UInt32) throws(Status) {
    let network = try decoder.string()
    let recipe = try decoder.string()
    let seed = try decoder.integer(UInt64.self)
    let batch = try decoder.count()
    var configuration = RunConfiguration(
      network: network, recipe: recipe, seed: seed, batch: batch)
    if version > 1 {
      configuration.epochs = try decoder.count()
      configuration.colorTasks = try decoder.list { (d) throws(Status) in try d.string() }
      configuration.heldOut = try decoder.list { (d) throws(Status) in try d.string() }
      configuration.taskWeights = try decoder.list { (d) throws(Status) in try d.double() }
      configuration.isBalanced = try decoder.flag()
    }
    if version > 2 {
      configuration.learnsTaskWeights = try decoder.flag()
      configuration.initialRun = try decoder.string()
      configuration.isTrunkFrozen = try decoder.flag()
      configuration.isCalibrated = try decoder.flag()
    }
    let labels = try Checkpoint.labels(&decoder, version: version)
    self.init(
      configuration: configuration, labels: labels,
      fingerprint: try decoder.integer(UInt32.self), epoch: try decoder.count(),
      step: try decoder.integer(UInt64.self), history: try Checkpoint.history(&decoder))
    if version > 2 {
      calibration = try decoder.list { (d) throws(Status) in
        TaskCalibration(temperature: try d.double(), threshold: try d.double())
      }
    }
    let isFit = calibration.allSatisfy { $0.temperature > 0 && $0.temperature.isFinite }
    guard isFit, calibration.isEmpty || calibration.count == labels.tasks.count else {
      throw decoder.failure("a calibration that fits no tasks")
    }
  }

  private static func labels(
    _ decoder: inout BinaryDecoder, version: UInt32
  ) throws(Status) -> LabelSet {
    let labels = try decoder.list { (d) throws(Status) in try d.string() }
    let tasks = try decoder.list { (d) throws(Status) -> (String, [Int], Bool) in
      let name = try d.string()
      let own = try d.list { (d) throws(Status) in try d.count() }
      return (name, own, version > 2 ? try d.flag() : true)
    }
    for (_, own, _) in tasks where own.contains(where: { $0 >= labels.count }) {
      throw decoder.failure("a label that does not exist")
    }
    let set = try LabelSet(
      names: tasks.map { $0.0 }, labels: tasks.map { $0.1.map { labels[$0] } },
      independent: Set(tasks.filter { !$0.2 }.map { $0.0 }))
    guard set.labels == labels else { throw decoder.failure("labels that are out of order") }
    return set
  }

  private static func history(_ decoder: inout BinaryDecoder) throws(Status) -> History {
    var history = History()
    history.rows = try decoder.list { (d) throws(Status) in
      let epoch = try d.count()
      let rate = try d.double()
      let trainLoss = try d.double()
      let loss = try d.double()
      let exact = try d.double()
      let images = try d.count()
      let tasks = try d.list { (d) throws(Status) in try d.double() }
      return History.Row(
        epoch: epoch, rate: rate, trainLoss: trainLoss,
        score: Score(
          images: images, loss: loss, tasks: tasks.map { $0.isNaN ? nil : $0 },
          exact: exact.isNaN ? nil : exact))
    }
    return history
  }

  private static func tensors(
    _ decoder: inout BinaryDecoder, hasMoments: Bool, hasAverages: Bool
  ) throws(Status) -> [Tensor] {
    try decoder.list { (d) throws(Status) in
      let name = try d.string()
      let dimensions = try d.list { (d) throws(Status) in try d.count() }
      let value = try d.floats()
      let isTrained = try d.flag()
      var moments: [UnsafeRawBufferPointer] = []
      if hasMoments && isTrained { moments = [try d.floats(), try d.floats()] }
      let average = hasAverages ? try d.floats() : nil
      return Tensor(
        name: name, dimensions: dimensions, value: value, moments: moments, average: average)
    }
  }

  /// Copies the parameters out of the file: with `optimiser` as they are trained on, with moments
  /// and averages, without as predictions are made, which is with the averages if there are any.
  /// Errors: a parameter that is missing, left over or of another shape, or no moments.
  public func restore(to network: Network, optimiser: Adam?) throws(Status) {
    let parameters = network.parameters
    guard parameters.count == tensors.count else {
      throw Status(
        MTLRT_E_IO,
        "the checkpoint has \(tensors.count) parameters, "
          + "network \(network.name) \(parameters.count)")
    }
    var trained = 0
    for (parameter, tensor) in zip(parameters, tensors) {
      guard parameter.name == tensor.name, parameter.dimensions == tensor.dimensions,
        tensor.value.count == parameter.count * MemoryLayout<Float>.size
      else {
        throw Status(
          MTLRT_E_IO,
          "the checkpoint's \(tensor.name) does not fit the network's \(parameter.name)")
      }
      let size = tensor.value.count
      guard tensor.average.map({ $0.count == size }) ?? (parameter.average == nil) else {
        throw Status(MTLRT_E_IO, "the checkpoint lacks the average of \(tensor.name)")
      }
      let source = optimiser == nil ? tensor.average ?? tensor.value : tensor.value
      UnsafeMutableRawBufferPointer(parameter.value.elements).copyMemory(from: source)
      if let average = parameter.average, let source = tensor.average {
        UnsafeMutableRawBufferPointer(average.elements).copyMemory(from: source)
      }
      guard let optimiser, parameter.isTrained else { continue }
      let moments = [optimiser.first[trained], optimiser.second[trained]]
      guard tensor.moments.map({ $0.count }) == moments.map({ $0.bytes.count }) else {
        throw Status(MTLRT_E_IO, "the checkpoint lacks the moments of \(tensor.name)")
      }
      for (moment, source) in zip(moments, tensor.moments) {
        UnsafeMutableRawBufferPointer(moment.elements).copyMemory(from: source)
      }
      trained += 1
    }
  }
}

extension Checkpoint {
  /// The network that predicts, with the checkpoint's parameters, calibrated if there is a
  /// calibration; not prepared for any batch.
  /// Errors: a network that this program does not know, parameters that do not fit it.
  public func network() throws(Status) -> Network {
    let network = try configuration.makeNetwork(labels)
    try restore(to: network, optimiser: nil)
    for (task, calibration) in zip(labels.tasks, calibration) where calibration.temperature != 1 {
      network.divideLogits(of: task.labels, by: calibration.temperature)
    }
    return network
  }

  /// By task, for `Evaluator`; nil without a calibration.
  public var thresholds: [Double]? {
    calibration.isEmpty ? nil : calibration.map { $0.threshold }
  }
}
