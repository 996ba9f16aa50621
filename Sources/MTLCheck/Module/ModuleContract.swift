import CMTL

/// What the file of a plugin shows of its keeping to the contract of `mtlrt_module.h`.
public struct ModuleContract {
  /// Libraries that are loaded with it.
  public let libraries: [String]
  /// What breaks the contract.
  public internal(set) var breaches: [String] = []
  /// What the contract asks for and a library inside may not be able to keep.
  public private(set) var warnings: [String] = []
  /// What its author may not expect.
  public private(set) var notes: [String] = []

  static let symbol = "mtlrt_module_v1"

  /// - Parameter constant: as the file has it.
  init(_ file: ObjectFile, _ constant: mtlrt_module) throws(ObjectFile.Fault) {
    libraries = try file.neededLibraries()
    let exports = try file.exportedSymbols()
    addExports(exports)
    let constructors = try file.constructorCount()
    if constructors > 0 {
      warnings.append(
        "\(constructors) \(constructors == 1 ? "function runs" : "functions run") while it is "
          + "loaded, before the CPU is checked (.init_array)")
    }
    let indirect = try file.indirectRelocationCount() + exports.count { $0.isIndirect }
    if indirect > 0 {
      warnings.append("\(indirect) resolvers of indirect functions run while it is loaded")
    }
    if !withUnsafeBytes(of: constant.build, { $0.contains(0) }) {
      breaches.append("the build in its constant does not end with a zero")
    }
    addFlags(constant, hasBuildID: try file.hasBuildID())
  }

  private mutating func addExports(_ exports: [ObjectFile.Symbol]) {
    let others = exports.map { $0.name }.filter { $0 != Self.symbol }
    if others.isEmpty { return }
    let some = others.prefix(3).joined(separator: ", ")
    breaches.append(
      "it exports \(others.count) symbols beside \(Self.symbol): \(some)"
        + (others.count > 3 ? ", ..." : ""))
  }

  private mutating func addFlags(_ constant: mtlrt_module, hasBuildID: Bool) {
    let (lasts, general) = (UInt64(MTLRT_MODULE_PACKED_LASTS), UInt64(MTLRT_MODULE_GENERAL))
    let unknown = constant.flags & ~(UInt64(MTLRT_MODULE_BATCH_INVARIANT) | lasts | general)
    if unknown != 0 {
      breaches.append("its flags have bits that mean nothing: 0x\(String(unknown, radix: 16))")
    }
    if constant.flags & lasts != 0, !hasBuildID {
      breaches.append(
        "it says MTLRT_MODULE_PACKED_LASTS, but its file has no build ID, so that nothing it packs "
          + "is ever kept: link it with -Wl,--build-id")
    }
    if constant.flags & general == 0 {
      notes.append("`auto` never chooses it: it does not say MTLRT_MODULE_GENERAL")
    } else if constant.rank == 0 {
      notes.append("`auto` prefers every other backend to it: its rank is 0")
    }
  }
}
