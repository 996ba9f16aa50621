import CBackendScalar
import CMTL
import MTLFormat

/// The backends that a model may use, best first, and what became of each that was looked at.
struct BackendChoice {
  /// What happened to a backend, for the report.
  struct Candidate {
    let name: [UInt8]
    /// nil for the one that is linked in.
    let path: [UInt8]?
    /// Why it is not used; nil if it is.
    let refusal: Plugin.Refusal?
    let module: mtlrt_module?
  }

  private(set) var backends: [Backend] = []
  private(set) var candidates: [Candidate] = []
  /// Why a backend that was preferred is not used, if it is not that it is made for another CPU.
  private(set) var fallback: Message?

  private static let scalar = Array("scalar".utf8)

  /// - Parameter wanted: names separated by commas; nil is "auto", and so is what follows the last
  ///   name, unless scalar, which is complete, is among them.
  /// - Throws: with `strict`, for the first name that cannot be used; else only where no backend
  ///   is left.
  init(wanted: [UInt8]?, folder: PluginFolder, strict: Bool) throws(Status) {
    let auto = Array("auto".utf8)
    var names = (wanted ?? auto).split(separator: UInt8(ascii: ",")).map(Array.init)
    guard !names.isEmpty || !strict else {
      throw Status(MTLRT_E_BACKEND, "backends names no backend")
    }
    if !names.contains(where: { $0 == Self.scalar || $0 == auto }) { names.append(auto) }
    for name in names {
      if name == auto {
        try addAutomatic(folder)
      } else if !(try add(named: name, folder)), strict {
        throw Status(
          MTLRT_E_BACKEND,
          "backend '\(Message(utf8: name))': \(candidates.last?.refusal?.message ?? "")")
      }
    }
    addScalar()
  }

  /// Every plugin in the folder and the one that is linked in.
  init(listing folder: PluginFolder) throws(Status) {
    addScalar()
    for plugin in try folder.plugins() { note(plugin, plugin.refusal) }
  }

  /// The complete one. After it nothing finds an operator to run.
  private mutating func addScalar() {
    if backends.contains(where: { $0.name == Self.scalar }) { return }
    let module = mtl_scalar_module()!
    backends.append(Backend(linked: module))
    candidates.append(
      Candidate(name: Self.scalar, path: nil, refusal: nil, module: module.pointee))
  }

  /// The best of each family, in order of rank, down to the first that is general.
  private mutating func addAutomatic(_ folder: PluginFolder) throws(Status) {
    let plugins = try folder.plugins()
    if plugins.isEmpty, fallback == nil {
      fallback =
        folder.path.isEmpty
        ? "the library cannot tell where it was loaded from, so it finds no backend plugins"
        : "no backend plugins in \(folder.text)"
    }
    for plugin in Self.inOrderOfRank(plugins) {
      if let rank = plugin.rank {
        if backends.contains(where: { $0.isGeneral && $0.module.pointee.rank >= rank }) { return }
        let family = plugin.family
        if backends.contains(where: { $0.name.prefix { $0 != UInt8(ascii: "-") } == family }) {
          continue
        }
      }
      if candidates.contains(where: { $0.path == plugin.path }) { continue }
      _ = try add(plugin, folder)
    }
  }

  /// The highest first, those whose rank is not known before.
  private static func inOrderOfRank(_ plugins: [Plugin]) -> [Plugin] {
    func key(_ index: Int) -> UInt64 { plugins[index].rank.map { UInt64($0) } ?? .max }
    return indexes(plugins.count) { key($0) > key($1) }.map { plugins[$0] }
  }

  /// `simd` stands for the best `simd-…` that can run here. Returns whether one is used.
  private mutating func add(named name: [UInt8], _ folder: PluginFolder) throws(Status) -> Bool {
    if name == Self.scalar {
      addScalar()
      return true
    }
    guard Plugin.isName(name) else {
      refuse(name, "not a name of a module", folder)
      return false
    }
    var variants = Self.variants(of: name, try folder.plugins())
    if !variants.contains(where: { $0.refusal == nil || $0.refusal!.isForOtherCPU }) {
      variants = Self.variants(of: name, try folder.plugins(again: true))
    }
    for plugin in variants where try add(plugin, folder) { return true }
    if variants.isEmpty {
      let path = Message(utf8: PluginFolder.file(named: name, in: folder.path))
      refuse(name, "\(path): \(Message(cString: strerror(ENOENT)))", folder)
    }
    return false
  }

  private static func variants(of name: [UInt8], _ plugins: [Plugin]) -> [Plugin] {
    let family = name + [UInt8(ascii: "-")]
    return inOrderOfRank(plugins.filter { $0.name == name || $0.name.starts(with: family) })
  }

  /// Returns whether it is used.
  private mutating func add(_ plugin: Plugin, _ folder: PluginFolder) throws(Status) -> Bool {
    if let refusal = plugin.refusal {
      note(plugin, refusal)
      return false
    }
    do throws(Status) {
      let module = try plugin.load()
      if backends.contains(where: { $0.module == module }) { return true }
      backends.append(try Backend.open(module))
      folder.remember()
      note(plugin, nil)
      return true
    } catch {
      guard error.code != Int32(MTLRT_E_MEMORY) else { throw error }
      note(plugin, Plugin.Refusal(message: error.message, isForOtherCPU: false))
      return false
    }
  }

  private mutating func note(_ plugin: Plugin, _ refusal: Plugin.Refusal?) {
    candidates.append(
      Candidate(
        name: plugin.name, path: plugin.path, refusal: refusal, module: plugin.constant))
    noteFallback(plugin.name, refusal)
  }

  private mutating func refuse(_ name: [UInt8], _ message: Message, _ folder: PluginFolder) {
    let refusal = Plugin.Refusal(message: message, isForOtherCPU: false)
    candidates.append(
      Candidate(
        name: name, path: PluginFolder.file(named: name, in: folder.path), refusal: refusal,
        module: nil))
    noteFallback(name, refusal)
  }

  private mutating func noteFallback(_ name: [UInt8], _ refusal: Plugin.Refusal?) {
    guard let refusal, !refusal.isForOtherCPU, fallback == nil else { return }
    fallback = "backend '\(Message(utf8: name))' is not used: \(refusal.message)"
  }
}
