import CMTL
import CModelFiles
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

  /// For a process that does little but import: from now on, large blocks go back to the system as
  /// soon as they are freed.
  public static func returnFreedMemory() { mtl_return_large_blocks() }

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
  /// The source is let go of as soon as it was evaluated, the model as soon as the file's bytes are
  /// there.
  ///
  /// Errors: an `ImportError` that names all that cannot be imported; the answers differ too much;
  /// the file cannot be written.
  public func export(_ source: consuming SourceGraph, to path: String) throws -> Report {
    let imported = try imported(source)
    let (probe, file) = (imported.probe, imported.file)
    let allowed = imported.allowed
    // A run of the file needs about as much memory as all before it.
    mtl_return_free_memory()
    let largest = try withExtendedLifetime(file) {
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
    return Report(
      nodes: imported.nodes, parameters: imported.parameters, isBatched: imported.isBatched,
      batch: probe.batch, largestDifference: largest, largestResult: probe.largestResult)
  }

  /// A model file in memory, and what is known of it without source and model.
  private struct Imported {
    let file: Bytes
    let probe: Probe
    let allowed: Float
    let nodes: Int
    let parameters: Int
    let isBatched: Bool
  }

  private func imported(_ source: consuming SourceGraph) throws -> Imported {
    let (described, probe) = try evaluated(source)
    var model = described.owned.model
    let allowed = weights.allowedImportDifference * max(1, probe.largestResult)
    model.selfTest = probe.selfTest(tolerance: allowed)
    let file = try withExtendedLifetime(described) { try Writer.encoded(model) }
    return Imported(
      file: file, probe: probe, allowed: allowed, nodes: model.nodes.count,
      parameters: model.tensors.filter { $0.isConstant }.reduce(0) { $0 + $1.elementCount },
      isBatched: described.isBatched)
  }

  /// The model, and what the source answers; the source is needed no longer.
  private func evaluated(
    _ source: consuming SourceGraph
  ) throws -> (model: (owned: OwnedModel, isBatched: Bool), Probe) {
    var graph = try shaped(source)
    var plan: TaskPlan?
    if !tasks.isEmpty {
      let made = try TaskPlan(tasks, outputs: Importer.outputs(of: graph))
      graph = graph.answering(made)
      plan = made
    }
    var importer = try Importer(graph, weights: weights)
    try describe(&importer, plan)
    return ((importer.owned, importer.isBatched), try Probe(importer))
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

  private func describe(_ importer: inout Importer, _ plan: TaskPlan?) throws {
    let model = importer.owned.model
    importer.owned.model.tasks = plan?.tasks ?? []
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
