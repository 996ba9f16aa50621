import CBackendScalar
import CMTL
import MTLFormat

/// The backends that a model may use, best first, and what became of each that was looked at.
struct BackendChoice {
  /// What happened to a module, for the report.
  struct Candidate {
    let name: [UInt8]
    let path: [UInt8]?
    /// Why it is not used; nil if it is.
    let refusal: Message?
    let module: UnsafePointer<mtlrt_module>?
  }

  private(set) var backends: [Backend] = []
  private(set) var candidates: [Candidate] = []

  private static let scalar = Array("scalar".utf8)

  /// The modules that `auto` tries, best first; it stops at the first that can run here. Scalar
  /// takes what that one leaves.
  private static let automatic: [StaticString] = [
    "simd-avx512", "simd-avx2", "simd-sse2", "openblas",
  ]

  /// - Parameter wanted: names separated by commas; nil is "auto".
  /// - Throws: with `strict`, for the first name that cannot be used; else only where no backend
  ///   is left.
  init(wanted: [UInt8]?, directory: ModuleDirectory, strict: Bool) throws(Status) {
    let wanted = wanted ?? Array("auto".utf8)
    for name in wanted.split(separator: UInt8(ascii: ",")).map(Array.init) {
      if name.elementsEqual("auto".utf8) {
        addAutomatic(directory)
        continue
      }
      let before = backends.count
      add(named: name, directory)
      guard backends.count > before || !strict else {
        throw Status(
          MTLRT_E_BACKEND,
          "backend '\(Message(utf8: name))': \(candidates.last?.refusal ?? "")")
      }
    }
    // The complete one comes last, so that every node finds a home.
    if !backends.contains(where: { $0.name == Self.scalar }) { add(named: Self.scalar, directory) }
  }

  /// Every module in the folder and the one that is linked in.
  init(listing directory: ModuleDirectory) {
    add(named: Self.scalar, directory)
    for name in directory.names() where !name.elementsEqual("image".utf8) {
      add(exactly: name, directory)
    }
  }

  private mutating func addAutomatic(_ directory: ModuleDirectory) {
    for name in Self.automatic {
      let before = backends.count
      add(exactly: name.withUTF8Buffer { Array($0) }, directory)
      if backends.count > before { return }
    }
  }

  /// `simd` stands for the best `simd-…` that can run here.
  private mutating func add(named name: [UInt8], _ directory: ModuleDirectory) {
    let family = name + [UInt8(ascii: "-")]
    let variants = directory.names().filter { $0.starts(with: family) }
    guard !variants.isEmpty else { return add(exactly: name, directory) }
    let (backendsBefore, candidatesBefore) = (backends, candidates)
    for variant in variants { add(exactly: variant, directory) }
    let found = backends.dropFirst(backendsBefore.count)
    guard let best = found.max(by: { $0.module.pointee.rank < $1.module.pointee.rank }) else {
      return
    }
    let tried = candidates.dropFirst(candidatesBefore.count)
    backends = backendsBefore + [best]
    candidates = candidatesBefore + tried.filter { $0.refusal != nil || $0.name == best.name }
  }

  private mutating func add(exactly name: [UInt8], _ directory: ModuleDirectory) {
    let path = name == Self.scalar ? nil : directory.file(named: name)
    var module: UnsafePointer<mtlrt_module>?
    do throws(Status) {
      guard Self.isName(name) else { throw Status(MTLRT_E_BACKEND, "not a name of a module") }
      if path == nil {
        module = mtl_scalar_module()
      } else {
        let address = try directory.load(name: name, symbol: "mtlrt_module_v1")
        module = UnsafePointer(address.assumingMemoryBound(to: mtlrt_module.self))
      }
      try module!.pointee.check()
      backends.append(try Backend.open(module!, path: path))
      candidates.append(Candidate(name: name, path: path, refusal: nil, module: module))
    } catch {
      candidates.append(Candidate(name: name, path: path, refusal: error.message, module: module))
    }
  }

  /// Letters, digits, dashes: nothing that could leave the folder.
  private static func isName(_ name: [UInt8]) -> Bool {
    !name.isEmpty && name.count < 16
      && name.allSatisfy { byte in
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
          || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      }
  }
}
