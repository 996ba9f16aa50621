import CMTL
import MTLExport
import MTLFormat
import MTLWriter

/// From a source graph to a verified model file.
public struct ImportExport {
  public var weights = WeightType.f32
  public var tasks = SourceTasks()
  /// nil: the model does not say how an image becomes its input.
  public var preprocessing: SourcePreprocessing?
  public var threads = 1
  /// Shapes of inputs by name, for dimensions that the model leaves free; nil counts images.
  public var shapes: [String: [Int?]] = [:]
  /// What the model is called, and the bytes that it was read from.
  public var name = ""
  public var hash: [UInt8] = []

  public init() {}

  /// How far the file's answers are from the source's.
  public struct Report: Sendable {
    public let nodes: Int
    public let parameters: Int
    /// Whether it takes any number of images.
    public let isBatched: Bool
    public let batch: Int
    public let largestDifference: Float
    /// The largest number in any output.
    public let largestResult: Float
  }

  /// Writes the file at `path` once its bytes were verified in memory.
  ///
  /// Errors: an `ImportError` that names all that cannot be imported; the answers differ too much;
  /// the file cannot be written.
  public func export(_ source: SourceGraph, to path: String) throws -> Report {
    let source = try tasks.applied(to: shaped(source))
    var importer = try Importer(source, weights: weights)
    try describe(&importer)
    let probe = try Probe(importer)
    let allowed = weights.allowedImportDifference * max(1, probe.largestResult)
    importer.owned.model.selfTest = probe.selfTest(tolerance: allowed)
    let file = try Writer.encoded(importer.owned.model)
    let largest = try withExtendedLifetime((importer, file)) {
      try probe.largestDifference(from: file.view, threads: threads)
    }
    guard largest <= allowed else {
      throw ImportError(
        """
        a result differs from the source model's by \(largest); weights as \(weights.rawValue) \
        may differ by \(allowed)
        """)
    }
    try replaceFile(at: path, with: file.view)
    let model = importer.owned.model
    return Report(
      nodes: model.nodes.count,
      parameters: model.tensors.filter { $0.isConstant }.reduce(0) { $0 + $1.elementCount },
      isBatched: importer.isBatched, batch: probe.batch, largestDifference: largest,
      largestResult: probe.largestResult)
  }

  private func shaped(_ source: SourceGraph) throws -> SourceGraph {
    var graph = source
    for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
      guard let index = graph.inputs.firstIndex(where: { $0.name == name }) else {
        throw ImportError(
          "no input is named '\(name)': \(graph.inputs.map { $0.name }.joined(separator: ", "))")
      }
      graph.inputs[index].shape = shape
    }
    return graph
  }

  private func describe(_ importer: inout Importer) throws {
    let model = importer.owned.model
    let outputs = zip(importer.outputs, model.outputs).map { slot, tensor in
      (name: slot.name, count: model.tensors[tensor].elementCount)
    }
    importer.owned.model.tasks = try tasks.tasks(outputs: outputs)
    importer.owned.model.preprocessing = try preprocessing?.preprocessing(
      shape: model.tensors[model.inputs[0]].shape)
    let axes = (importer.inputs + importer.outputs).map { slot in
      slot.axes.map { "\($0)" }.joined(separator: " ")
    }
    let version = mtlrt_version()
    var entries = [
      ("mtl.axes", axes.joined(separator: "\n")),
      ("mtl.input_layout", importer.isChannelsFirst ? "NCHW" : "NHWC"),
      (
        "mtl.producer", "mtl-export \(version >> 16).\(version >> 8 & 0xFF).\(version & 0xFF)"
      ),
    ]
    if !name.isEmpty { entries.append(("mtl.source", legalName(name))) }
    if !hash.isEmpty { entries.append(("mtl.source_sha256", hexadecimal(hash))) }
    if !importer.source.producer.isEmpty {
      entries.append(("source.producer", legalName(importer.source.producer)))
    }
    importer.owned.model.metadata = entries.map { (key: Name($0.0), value: Name($0.1)) }
  }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { byte in
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0" + digits : digits
  }.joined()
}

extension WeightType {
  /// Largest difference of a result that an import may show, for results up to 1: for f32 the
  /// rounding of sums in another order through a deep network, for others what they round.
  var allowedImportDifference: Float {
    self == .f32 ? 1e-4 : allowedDifference
  }
}
