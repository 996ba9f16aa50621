import CLIKit
import CMTL
import MTLFormat
import MTLRuntime

/// A module loaded from a file, with the host's own checks. What it needs of the CPU is read from
/// the file, before any of its code can run.
public struct LoadedModule {
  public private(set) var contract: ModuleContract
  public let module: ModuleUnderTest
  private let watch = ProcessWatch()
  /// What it prints, or leaves behind, is told once.
  private var (hasPrinted, hasTrace) = (false, false)

  /// Throws with status 3 if the file is no module that this runtime can use, with 4 if the CPU
  /// lacks what the module needs.
  public init(_ path: Path) throws(Failure) {
    let file = try Self.reading(path) { () throws(ObjectFile.Fault) in
      try ObjectFile(Self.content(path))
    }
    let record = try Self.reading(path) { () throws(ObjectFile.Fault) in try Self.constant(file) }
    contract = try Self.reading(path) { () throws(ObjectFile.Fault) in
      try ModuleContract(file, record)
    }
    // Another contract may have something else in these bytes: the host's check says so.
    if record.magic == MTLRT_MODULE_MAGIC, record.abi == MTLRT_MODULE_ABI {
      if let fault = PluginName.fault(path, record) {
        throw Failure(.unreadableModel, "\(path.text): \(fault)")
      }
      let missing = record.missingFeatures().string
      guard missing.isEmpty else {
        throw Failure(.noBackend, "\(path.text): this CPU lacks \(missing)")
      }
    }
    let traces: [Trace]
    do throws(Status) {
      let (constant, loading) = try Self.watch(watch, "loading it") { () throws(Status) in
        let address = try ModuleFile.load(Self.absolute(path), symbol: "mtlrt_module_v1")
        return UnsafePointer(address.assumingMemoryBound(to: mtlrt_module.self))
      }
      try constant.pointee.check()
      let (module, opening) = try Self.watch(watch, "open") { () throws(Status) in
        try ModuleUnderTest(constant)
      }
      self.module = module
      traces = [loading, opening]
    } catch {
      throw Failure(.unreadableModel, "\(path.text): \(error.text)")
    }
    for trace in traces { add(trace) }
  }

  /// Runs checks of the plugin; what it prints meanwhile and what it leaves behind are breaches.
  public mutating func watching<Result>(_ what: String, _ checks: () -> Result) -> Result {
    let (result, trace) = Self.watch(watch, what, checks)
    add(trace)
    return result
  }

  public mutating func add(breach: String) { contract.breaches.append(breach) }

  private typealias Trace = (what: String, output: String?, change: String?)

  private static func watch<Result, Thrown: Error>(
    _ watch: ProcessWatch, _ what: String, _ body: () throws(Thrown) -> Result
  ) throws(Thrown) -> (Result, Trace) {
    let (result, output) = try ProcessWatch.output(of: body)
    return (result, (what, output, watch.change))
  }

  private mutating func add(_ trace: Trace) {
    if let output = trace.output, !hasPrinted {
      hasPrinted = true
      contract.breaches.append("\(trace.what) prints: \(output)")
    }
    if let change = trace.change, !hasTrace {
      hasTrace = true
      contract.breaches.append("\(trace.what) leaves a trace: \(change)")
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

  /// The constant as the file has it: its functions are not where they will be.
  private static func constant(_ file: ObjectFile) throws(ObjectFile.Fault) -> mtlrt_module {
    guard
      let symbol = try file.exportedSymbols().first(where: { $0.name == ModuleContract.symbol })
    else {
      throw ObjectFile.Fault(text: "it has no \(ModuleContract.symbol): not a module")
    }
    let head = try file.memory(
      at: symbol.address, count: MemoryLayout<mtlrt_module>.offset(of: \.rank)!)
    var constant = mtlrt_module()
    withUnsafeMutableBytes(of: &constant) { $0.copyBytes(from: head) }
    let size = min(max(Int(constant.size), head.count), MemoryLayout<mtlrt_module>.size)
    let whole = try file.memory(at: symbol.address, count: size)
    withUnsafeMutableBytes(of: &constant) { $0.copyBytes(from: whole) }
    return constant
  }

  /// A path with a slash in it, which the loader searches for nowhere else.
  private static func absolute(_ path: Path) -> [UInt8] {
    guard let real = path.withCString({ realpath($0, nil) }) else { return path.bytes }
    defer { free(real) }
    return Path(cString: real).bytes
  }
}
