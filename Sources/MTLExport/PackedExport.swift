import CMTL
import MTLFormat
import MTLGraph
import MTLRuntime
import MTLWriter

/// Adds to a model file its constants as backends pack them, so that these need not do so whenever
/// the model is opened.
public struct PackedExport {
  private let source: ModelFile
  /// The file that is read, for messages.
  private let name: String

  public struct Report: Sendable {
    /// Names of the backends, and how many steps of each are packed.
    public let packers: [(name: String, steps: Int)]
    public let packedBytes: Int
    public let fileBytes: Int
  }

  /// Errors: the file cannot be read, is no model, or holds what a copy of it would lose.
  public init(reading path: String) throws(Status) {
    name = path
    let bytes = try Bytes.map(file: path)
    do throws(Status) {
      source = try Reader.read(bytes)
      try source.checkOperators()
    } catch {
      throw error.of(file: Message(path))
    }
    if let section = source.sections.first(where: { SectionType(rawValue: $0.type) == nil }) {
      throw Status(
        MTLRT_E_ARGUMENT, "\(path): section type \(section.type) is unknown and would be lost")
    }
  }

  /// Writes the model to `path`, which may be that of the source, once the new file was opened in
  /// memory, and its packed constants were found there and verified. Those that the source holds
  /// already are left out.
  ///
  /// - Parameter backends: names of backends that can run here, or `auto`; each is tried by itself.
  ///
  /// Errors: the model does not open by a backend, or its answers are not those of its self-test;
  /// no backend packs anything; the file cannot be written.
  public func write(
    to path: String, backends: [String], threads: Int
  ) throws(Status) -> Report {
    var model = source.model
    model.packed = []
    let plain = try Writer.encoded(model)
    let packed = try backends.map { (backend) throws(Status) in
      try PackedModel(plain, backend: backend, threads: threads)
    }
    for constant in packed.flatMap({ $0.constants })
    where !model.packed.contains(where: { $0.key == constant.key }) {
      model.packed.append(constant)
    }
    guard !model.packed.isEmpty else {
      let names = backends.joined(separator: ", ")
      throw Status(MTLRT_E_ARGUMENT, "\(name): \(names) packs none of its weights")
    }
    let result = try Writer.encoded(model)
    for backend in backends { try Self.verify(result, backend: backend, threads: threads) }
    try withExtendedLifetime((packed, result)) { () throws(Status) in
      try replaceFile(at: path, with: result.view)
    }
    return Report(
      packers: packed.flatMap { $0.packers }.map {
        (String(decoding: $0.name, as: UTF8.self), $0.steps)
      },
      packedBytes: model.packed.reduce(0) { $0 + $1.data.count }, fileBytes: result.view.count)
  }

  private static func verify(_ file: Bytes, backend: String, threads: Int) throws(Status) {
    let model = try PackedModel(file, backend: backend, threads: threads)
    guard model.isInFile else {
      throw Status(
        MTLRT_E_VERIFY, "backend \(backend) does not find in the file what it packed for it")
    }
    try model.verify()
  }
}
