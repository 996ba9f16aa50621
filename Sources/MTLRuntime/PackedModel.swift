import CMTL
import MTLFormat

/// A model with its constants as backends pack them, to be kept in its file.
///
/// Not part of the library's C interface: writing files is the exporter's work.
public final class PackedModel {
  /// The name of each backend that packs constants of this model, and how many of its steps.
  public private(set) var packers: [(name: [UInt8], steps: Int)] = []
  /// Each key once. The data live as long as this object, or as the file's bytes.
  public private(set) var constants: [PackedConstants] = []
  /// Whether all of them were in the file.
  public private(set) var isInFile = true
  private let engine: Engine

  /// - Parameters:
  ///   - file: unchanged as long as this lives.
  ///   - backend: a name, or `auto`, as in `mtlrt_options`.
  /// - Throws: what opening throws, or that a backend's packed constants cannot be kept.
  public init(_ file: Bytes, backend: String, threads: Int) throws(Status) {
    var options = mtlrt_options()
    options.size = UInt32(MemoryLayout<mtlrt_options>.size)
    options.threads = UInt32(threads)
    options.flags = UInt32(MTLRT_STRICT)
    let name = CString(backend)
    options.backends = UnsafePointer(name.pointer)
    engine = try withExtendedLifetime(name) { () throws(Status) in
      try Engine.open(file, try Options(&options))
    }
    for step in engine.steps where step.plan.packed_bytes > 0 {
      guard let key = step.packedKey(engine.graph) else {
        throw step.backend.failure("what it packs cannot be kept in a file")
      }
      count(step.backend.name)
      isInFile = isInFile && step.isPackedInFile
      guard !constants.contains(where: { $0.key == key }) else { continue }
      let data = UnsafeRawBufferPointer(start: step.packed, count: Int(step.plan.packed_bytes))
      constants.append(PackedConstants(key: key, data: data))
    }
  }

  /// Throws unless the file holds what its backends pack, and passes its self-test.
  public func verify() throws(Status) { try engine.verify() }

  private func count(_ name: [UInt8]) {
    if let index = packers.firstIndex(where: { $0.name == name }) {
      packers[index].steps += 1
    } else {
      packers.append((name, 1))
    }
  }
}
