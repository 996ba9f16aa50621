import MTLExport
import MTLFormat
import MTLImport
import MTLTrain
import MTLWriter

/// Exports a model that others have trained.
struct ImportCommand {
  private let arguments: Arguments

  /// Readers of model files by the ends of their names, and the frameworks that run these.
  private typealias Reader = @Sendable (_ path: String, Bytes, _ net: Bytes?) throws -> SourceGraph
  private static let readers: [(suffix: String, framework: SourceFramework, read: Reader)] = [
    (
      ".onnx", .onnxruntime,
      { path, bytes, _ in try ONNXReader.read(bytes, path: path) }
    ),
    (".h5", .keras, { _, bytes, net in try KerasReader.read(bytes, architecture: net) }),
    (".hdf5", .keras, { _, bytes, net in try KerasReader.read(bytes, architecture: net) }),
    (".keras", .keras, { _, bytes, _ in try KerasReader.read(bytes) }),
  ]
  private static let suffixesWithNet = [".h5", ".hdf5"]

  static func takes(_ source: String) -> Bool {
    readers.contains { source.lowercased().hasSuffix($0.suffix) }
  }

  /// Errors: an option for runs alone, or for files of another kind.
  init(_ arguments: Arguments) throws(CommandLineError) {
    self.arguments = arguments
    if arguments.has("--checkpoint") {
      throw arguments.error("--checkpoint is for runs of mtl-train")
    }
    let source = arguments.operands[0].lowercased()
    if arguments.has("--net"), !Self.suffixesWithNet.contains(where: { source.hasSuffix($0) }) {
      throw arguments.error("--net is for .h5 files of weights")
    }
  }

  func run() throws -> Int32 {
    let path = try arguments.required("-o")
    ImportExport.returnFreedMemory()
    let source = arguments.operands[0]
    let others = ["--net", "--labels"].compactMap { arguments.text($0) }
    try arguments.refuse("-o", path, onto: [source] + others)
    var export = ImportExport()
    export.weights = try ImportOptions.weights(arguments)
    export.threads = try arguments.integer("--threads", in: 1...256) ?? Workers.available
    export.shapes = try ImportOptions.shapes(arguments)
    export.tasks = try ImportOptions.tasks(arguments)
    export.preprocessing = try ImportOptions.preprocessing(arguments)
    export.framework = try framework()
    (export.modelPath, export.architecturePath) = (source, arguments.text("--net"))
    export.name = (source.split(separator: "/").last.map { String($0) } ?? source).inLatin1
    var graph: SourceGraph?
    do {
      let bytes = try Bytes.map(file: source)
      export.hash = SHA256.hash(bytes.view)
      let reader = Self.readers.first { source.lowercased().hasSuffix($0.suffix) }!
      let net = try arguments.text("--net").map { try Bytes.map(file: $0) }
      graph = try reader.read(source, bytes, net)
    } catch let error as ImportError {
      Console.error("mtl-export: \(source): \(error.text)\n")
      return error.isAboutModel ? 1 : 3
    } catch let error as Status {
      Console.error("mtl-export: \(error.text)\n")
      return 3
    }
    let report: ImportExport.Report
    var notes: [String] = []
    do {
      // Handed over, so that the source's memory can be freed on the way.
      let source = graph.take()!
      notes = source.notes
      try arguments.refuse("-o", path, onto: source.files)
      report = try export.export(source, to: path)
    } catch let error as ImportError {
      throw ImportError("\(source): \(error.text)")
    }
    show(report, path)
    for note in notes { Console.out("note: \(note)\n") }
    return 0
  }

  /// The framework to compare with; nil without the option. Errors: it runs other models.
  private func framework() throws(CommandLineError) -> SourceFramework? {
    let names = SourceFramework.allCases.map { $0.rawValue }
    guard let name = try arguments.choice("--verify-with", of: names) else { return nil }
    let source = arguments.operands[0].lowercased()
    let fitting = Self.readers.first { source.hasSuffix($0.suffix) }!.framework
    guard fitting.rawValue == name else {
      throw arguments.error(
        "--verify-with \(name) does not run \(arguments.operands[0]): \(fitting.rawValue) does")
    }
    return fitting
  }

  private func show(_ report: ImportExport.Report, _ path: String) {
    var text = """
      \(path): \(report.nodes) nodes, \(report.parameters) parameters, \
      weights \(arguments.text("--weights") ?? "f32")\(report.isBatched ? "" : ", not for batches")
      largest difference from the source model \(report.largestDifference) in \
      \(report.batch) \(report.batch == 1 ? "input" : "inputs")

      """
    if let framework = report.framework {
      text += "largest difference from \(framework.version) \(framework.largestDifference)\n"
    }
    for (output, range) in report.ranges {
      let isSilent = report.silentOutputs.contains(output)
      text +=
        "output '\(output)': \(range.lowerBound) to \(range.upperBound)"
        + (isSilent ? ", hardly moved by any input that was tried\n" : "\n")
    }
    if !report.silentOutputs.isEmpty, report.framework == nil {
      text += "the differences say little of such outputs: compare photographs, or --verify-with\n"
    }
    Console.out(text)
  }
}
