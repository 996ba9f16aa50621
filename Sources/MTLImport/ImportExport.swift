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
  /// The framework that the answers are compared with as well, and the files that it reads.
  public var framework: SourceFramework?
  public var modelPath = ""
  public var architecturePath: String?
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
    /// The smallest and the largest number of each output.
    public let ranges: [(output: String, range: ClosedRange<Float>)]
    /// The outputs that hardly moved with any input, so that the difference says little.
    public let silentOutputs: [String]
    /// The framework that was asked, with its version, and how far its answers are.
    public let framework: (version: String, largestDifference: Float)?
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
    // A run of the file needs about as much memory as all before it.
    mtl_return_free_memory()
    let found = try withExtendedLifetime(file) {
      try probe.answers(of: file.view, threads: threads)
    }
    let largest = probe.expected.largestDifference(from: found)
    try expect(largest, of: "the source model's", within: imported.allowed)
    let framework = try imported.check.map { check in
      let (answers, version) = try check.run()
      let largest = answers.largestDifference(from: found)
      try expect(largest, of: "that of \(version)", within: imported.allowed)
      return (version: version, largestDifference: largest)
    }
    try replaceFile(at: path, with: file.view)
    return Report(
      nodes: imported.nodes, parameters: imported.parameters, isBatched: imported.isBatched,
      batch: probe.batch, largestDifference: largest,
      ranges: probe.outputs.map { ($0.name, $0.range) },
      silentOutputs: probe.outputs.filter { !$0.tells }.map { $0.name }, framework: framework)
  }

  private func expect(_ difference: Float, of other: String, within allowed: Float) throws {
    guard difference <= allowed else {
      throw ImportError(
        """
        a result differs from \(other) by \(difference); weights as \(weights.rawValue) may \
        differ by \(allowed)
        """)
    }
  }

  /// A model file in memory, and what is known of it without source and model.
  private struct Imported {
    let file: Bytes
    let probe: Probe
    let check: FrameworkCheck?
    let allowed: Float
    let nodes: Int
    let parameters: Int
    let isBatched: Bool
  }

  private func imported(_ source: consuming SourceGraph) throws -> Imported {
    let (described, probe, check) = try evaluated(source)
    var model = described.owned.model
    let allowed = weights.allowedImportDifference * max(1, probe.expected.largest)
    model.selfTest = probe.selfTest(tolerance: allowed)
    let file = try withExtendedLifetime(described) { try Writer.encoded(model) }
    return Imported(
      file: file, probe: probe, check: check, allowed: allowed, nodes: model.nodes.count,
      parameters: model.tensors.filter { $0.isConstant }.reduce(0) { $0 + $1.elementCount },
      isBatched: described.isBatched)
  }

  /// The model, and what the source answers; the source is needed no longer.
  private func evaluated(
    _ source: consuming SourceGraph
  ) throws -> (model: (owned: OwnedModel, isBatched: Bool), Probe, FrameworkCheck?) {
    var graph = try shaped(source)
    let (inputs, outputs) = (graph.inputs.map { $0.name }, graph.outputs)
    var (plan, tail): (TaskPlan?, SourceGraph?) = (nil, nil)
    if !tasks.isEmpty {
      let found = try Importer.outputs(of: graph)
      let made = try TaskPlan(tasks, outputs: found)
      graph = graph.answering(made)
      (plan, tail) = (made, .tail(of: made, outputs: found, opset: graph.opset))
    }
    var importer = try Importer(graph, weights: weights)
    try describe(&importer, plan)
    let probe = try Probe(importer)
    let check = framework.map { framework in
      FrameworkCheck(
        framework: framework, model: modelPath, architecture: architecturePath,
        inputs: Array(zip(inputs, probe.given)), outputs: outputs, tail: tail,
        form: importer.outputForm, batch: probe.batch)
    }
    return ((importer.owned, importer.isBatched), probe, check)
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
