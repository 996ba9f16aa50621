/// What the file of a module shows of its keeping to the contract of `mtlrt_module.h`.
public struct ModuleContract {
  /// Libraries that are loaded with it.
  public let libraries: [String]
  /// What breaks the contract.
  public let breaches: [String]
  /// What the contract asks for and a library inside may not be able to keep.
  public let warnings: [String]

  static let symbol = "mtlrt_module_v1"

  init(_ file: ObjectFile) throws(ObjectFile.Fault) {
    var (breaches, warnings): ([String], [String]) = ([], [])
    let exports = try file.exportedSymbols()
    let others = exports.map { $0.name }.filter { $0 != Self.symbol }
    if !others.isEmpty {
      let some = others.prefix(3).joined(separator: ", ")
      breaches.append(
        "it exports \(others.count) symbols beside \(Self.symbol): \(some)"
          + (others.count > 3 ? ", ..." : ""))
    }
    let constructors = file.constructorCount
    if constructors > 0 {
      warnings.append(
        "\(constructors) \(constructors == 1 ? "function runs" : "functions run") while it is "
          + "loaded, before the CPU is checked (.init_array)")
    }
    let indirect = try file.indirectRelocationCount() + exports.count { $0.isIndirect }
    if indirect > 0 {
      warnings.append("\(indirect) resolvers of indirect functions run while it is loaded")
    }
    libraries = try file.neededLibraries()
    self.breaches = breaches
    self.warnings = warnings
  }
}
