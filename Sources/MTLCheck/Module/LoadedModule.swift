import CLIKit
import CMTL
import MTLFormat
import MTLRuntime

/// A module loaded from a file, with the host's own checks. What it needs of the CPU is read from
/// the file, before any of its code can run.
public struct LoadedModule {
  public let contract: ModuleContract
  public let module: ModuleUnderTest

  /// Throws with status 3 if the file is no module that this runtime can use, with 4 if the CPU
  /// lacks what the module needs.
  public init(_ path: Path) throws(Failure) {
    let file = try Self.reading(path) { () throws(ObjectFile.Fault) in
      try ObjectFile(Self.content(path))
    }
    contract = try Self.reading(path) { () throws(ObjectFile.Fault) in
      try ModuleContract(file)
    }
    let missing = try Self.reading(path) { () throws(ObjectFile.Fault) in
      try Self.missingFeatures(file)
    }
    guard missing.isEmpty else {
      throw Failure(.noBackend, "\(path.text): this CPU lacks \(missing)")
    }
    do throws(Status) {
      let address = try ModuleFile.load(Self.absolute(path), symbol: "mtlrt_module_v1")
      let constant = UnsafePointer(address.assumingMemoryBound(to: mtlrt_module.self))
      try constant.pointee.check()
      module = try ModuleUnderTest(constant)
    } catch {
      throw Failure(.unreadableModel, "\(path.text): \(error.text)")
    }
  }

  private static func reading<Result>(
    _ path: Path, _ body: () throws(ObjectFile.Fault) -> Result
  ) throws(Failure) -> Result {
    do throws(ObjectFile.Fault) {
      return try body()
    } catch {
      throw Failure(.unreadableModel, "\(path.text): \(error.text)")
    }
  }

  private static func content(_ path: Path) throws(ObjectFile.Fault) -> [UInt8] {
    do throws(Failure) {
      let content = try FileContent.read(path)
      return withExtendedLifetime(content) { Array(content.bytes) }
    } catch {
      throw ObjectFile.Fault(text: error.text)
    }
  }

  /// What the constant in the file asks of the CPU and this CPU lacks.
  private static func missingFeatures(_ file: ObjectFile) throws(ObjectFile.Fault) -> String {
    guard
      let symbol = try file.exportedSymbols().first(where: { $0.name == ModuleContract.symbol })
    else {
      throw ObjectFile.Fault(text: "it has no \(ModuleContract.symbol): not a module")
    }
    let end = MemoryLayout<mtlrt_module>.offset(of: \.name)!
    var constant = mtlrt_module()
    let head = try file.memory(at: symbol.address, count: end)
    withUnsafeMutableBytes(of: &constant) { $0.copyBytes(from: head) }
    // Another contract may have something else in these bytes: the host's check says so.
    guard constant.magic == MTLRT_MODULE_MAGIC, constant.abi == MTLRT_MODULE_ABI else { return "" }
    return constant.missingFeatures().string
  }

  /// A path with a slash in it, which the loader searches for nowhere else.
  private static func absolute(_ path: Path) -> [UInt8] {
    guard let real = path.withCString({ realpath($0, nil) }) else { return path.bytes }
    defer { free(real) }
    return Path(cString: real).bytes
  }
}
