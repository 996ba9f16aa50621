import CMTL
import MTLFormat
import MTLWriter

/// A run as it stood after an epoch: enough to continue it bit for bit.
///
/// The file is little-endian and packed: the 8 bytes `MTLCKPT` and 0x1A, version (u32, 4), flags
/// (u32, bit 0: with the optimiser's moments, bit 1: with moving averages), the fields below in
/// order, and the CRC-32C of everything before it (u32). A count is a u64; a text is a count and
/// UTF-8; a list is a count and its elements.
///
/// - network, recipe (texts), seed (u64), batch (count); before version 4 the layers of `branches`
///   were others
/// - epochs of the learning rate (count), tasks about colors, held-out folders (lists of texts),
///   weights of the tasks (list of f64), whether labels are balanced (u8, 0 or 1); not in version 1
/// - whether weights of the tasks are learned (u8), the run that it started with (text), whether
///   the trunk is frozen, whether it is calibrated at the end (u8 each); since version 3
/// - labels (list of texts), tasks (list of: name, list of label numbers as counts, since version 3
///   whether they are exclusive as u8)
/// - fingerprint of the training images (u32), epochs done (count), steps done (u64)
/// - history (list of: epoch (count), rate, training loss, validation loss, exact match (f64),
///   images (count), list of per-task figures (f64)); parts of no images are not numbers
/// - calibration of each task, if there is one (list of: temperature, threshold (f64)); since
///   version 3
/// - parameters (list of: name, list of dimensions as counts, list of f32 values, whether it is
///   trained (u8, 0 or 1), with the moments for each trained parameter two more lists of f32, and
///   with averages one for each parameter)
///
/// Random numbers need no state: they depend on seed, epoch, step and image alone.
public struct Checkpoint {
  public var configuration: RunConfiguration
  public var labels: LabelSet
  public var fingerprint: UInt32
  /// Epochs done.
  public var epoch: Int
  /// Optimiser steps done.
  public var step: UInt64
  public var history: History
  /// By task; empty: none.
  public var calibration: [TaskCalibration] = []
  /// Read from a file: its parameters, in memory of `source`.
  public private(set) var tensors: [Tensor] = []
  public private(set) var hasMoments = false
  private var source: Bytes?

  /// One parameter as a file holds it; floats, unaligned.
  public struct Tensor {
    public let name: String
    public let dimensions: [Int]
    let value: UnsafeRawBufferPointer
    let moments: [UnsafeRawBufferPointer]
    let average: UnsafeRawBufferPointer?
  }

  static let magic: [UInt8] = Array("MTLCKPT".utf8) + [0x1A]
  static let version: UInt32 = 4

  public init(
    configuration: RunConfiguration, labels: LabelSet, fingerprint: UInt32, epoch: Int = 0,
    step: UInt64 = 0, history: History = History()
  ) {
    self.configuration = configuration
    self.labels = labels
    self.fingerprint = fingerprint
    self.epoch = epoch
    self.step = step
    self.history = history
  }

  /// Takes over what a reader found in `source`.
  mutating func adopt(_ tensors: [Tensor], hasMoments: Bool, of source: Bytes) {
    self.tensors = tensors
    self.hasMoments = hasMoments
    self.source = source
  }

  /// Writes `bytes(network:optimiser:)` in the place of `path`, or leaves what was there.
  public func write(_ path: String, network: Network, optimiser: Adam?) throws {
    try bytes(network: network, optimiser: optimiser).withUnsafeBytes {
      try replaceFile(at: path, with: $0)
    }
  }

  /// A file of the network's parameters, and with the optimiser, if it is given, of its moments and
  /// the moving averages.
  func bytes(network: Network, optimiser: Adam?) -> [UInt8] {
    var encoder = BinaryEncoder()
    let floats = network.parameters.reduce(0) { $0 + $1.count }
    let hasAverages = optimiser != nil && network.parameters.contains { $0.average != nil }
    encoder.reserve(floats * 4 * (optimiser == nil ? 1 : 4) + 1 << 16)
    for byte in Checkpoint.magic { encoder.integer(byte) }
    encoder.integer(Checkpoint.version)
    encoder.integer(UInt32((optimiser == nil ? 0 : 1) + (hasAverages ? 2 : 0)))
    encodeFields(to: &encoder)
    var trained = 0
    encoder.list(network.parameters) { encoder, parameter in
      encoder.string(parameter.name)
      encoder.list(parameter.dimensions) { $0.count($1) }
      encoder.floats(parameter.value)
      encoder.flag(parameter.isTrained)
      if let optimiser, parameter.isTrained {
        encoder.floats(optimiser.first[trained])
        encoder.floats(optimiser.second[trained])
        trained += 1
      }
      if hasAverages, let average = parameter.average { encoder.floats(average) }
    }
    encoder.integer(encoder.bytes.withUnsafeBytes { CRC32C.checksum($0) })
    return encoder.bytes
  }

  private func encodeFields(to encoder: inout BinaryEncoder) {
    encoder.string(configuration.network)
    encoder.string(configuration.recipe)
    encoder.integer(configuration.seed)
    encoder.count(configuration.batch)
    encoder.count(configuration.epochs)
    encoder.list(configuration.colorTasks) { $0.string($1) }
    encoder.list(configuration.heldOut) { $0.string($1) }
    encoder.list(configuration.taskWeights) { $0.double($1) }
    encoder.flag(configuration.isBalanced)
    encoder.flag(configuration.learnsTaskWeights)
    encoder.string(configuration.initialRun)
    encoder.flag(configuration.isTrunkFrozen)
    encoder.flag(configuration.isCalibrated)
    encoder.list(labels.labels) { $0.string($1) }
    encoder.list(labels.tasks) { encoder, task in
      encoder.string(task.name)
      encoder.list(task.labels) { $0.count($1) }
      encoder.flag(task.isExclusive)
    }
    encoder.integer(fingerprint)
    encoder.count(epoch)
    encoder.integer(step)
    encoder.list(history.rows) { encoder, row in
      encoder.count(row.epoch)
      for value in [row.rate, row.trainLoss, row.score.loss, row.score.exact ?? .nan] {
        encoder.double(value)
      }
      encoder.count(row.score.images)
      encoder.list(row.score.tasks) { $0.double($1 ?? .nan) }
    }
    encoder.list(calibration) { encoder, task in
      encoder.double(task.temperature)
      encoder.double(task.threshold)
    }
  }
}
