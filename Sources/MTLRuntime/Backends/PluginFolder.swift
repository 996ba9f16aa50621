import CMTL
import CPlugins
import MTLFormat

/// A folder that plugins are loaded from, and what this process knows of it: what was found there
/// once works from then on, even where the folder is out of reach, as after `chroot`.
///
/// In this order: the folder that the caller named; the environment's MTLRT_MODULE_DIR (not in a
/// set-user-ID program); `mtlrt/` beside the library, or `../lib/mtlrt/` beside a program that has
/// the library linked in, as it was when that was loaded. Never the current directory, never a
/// search path: a path that is not absolute is refused.
final class PluginFolder {
  /// Empty: the library cannot tell where it lies. There are no plugins then.
  let path: [UInt8]

  private var found: [Plugin]?
  private var image: UnsafePointer<mtlrt_image_module>?
  private var next: PluginFolder?

  /// Those that something was found in. The pool's lock guards the list and its folders' variables.
  private nonisolated(unsafe) static var first: PluginFolder?

  private init(_ path: [UInt8]) { self.path = path }

  /// The folder that `given` names, nil for the default.
  static func find(_ given: UnsafePointer<CChar>?) throws(Status) -> PluginFolder {
    if let given { return try find(bytes(of: given), named: "module_dir") }
    if let variable = mtl_secure_getenv("MTLRT_MODULE_DIR"), variable.pointee != 0 {
      return try find(bytes(of: variable), named: "MTLRT_MODULE_DIR")
    }
    let origin = mtl_origin_folder().map { bytes(of: $0) } ?? []
    return known(origin) ?? PluginFolder(origin)
  }

  /// Somebody named it, so it has to be there.
  private static func find(
    _ path: [UInt8], named source: StaticString
  ) throws(Status) -> PluginFolder {
    if let folder = known(path) { return folder }
    let text: Message = "\(source) '\(Message(utf8: path))'"
    guard path.first == UInt8(ascii: "/") else {
      throw Status(MTLRT_E_ARGUMENT, "\(text) is not an absolute path")
    }
    var information = stat()
    guard withCString(path, { stat($0, &information) }) == 0 else {
      throw Status(MTLRT_E_BACKEND, "\(text): \(Message(cString: strerror(mtl_errno())))")
    }
    guard mtl_is_directory(&information) != 0 else {
      throw Status(MTLRT_E_BACKEND, "\(text) is not a folder")
    }
    return PluginFolder(path)
  }

  private static func known(_ path: [UInt8]) -> PluginFolder? {
    mtl_pool_lock()
    defer { mtl_pool_unlock() }
    var folder = first
    while let this = folder, this.path != path { folder = this.next }
    return folder
  }

  var text: Message { path.isEmpty ? "an unknown folder" : Message(utf8: path) }

  /// Where the plugin `name` would be.
  static func file(named name: [UInt8], in folder: [UInt8]) -> [UInt8] {
    (folder.isEmpty ? [] : folder + [UInt8(ascii: "/")]) + Array("mtlrt-".utf8) + name
      + Array(".so".utf8)
  }

  // MARK: Backends

  /// All backend plugins, sorted by name; whether they may be loaded is another question.
  ///
  /// Looks again for those that were refused and, with `again`, for those that were missing.
  func plugins(again: Bool = false) throws(Status) -> [Plugin] {
    mtl_pool_lock()
    let known = found
    mtl_pool_unlock()
    if let known, !again, known.allSatisfy({ $0.rank != nil }) { return known }
    var plugins = known ?? []
    for plugin in try list() {
      if let index = plugins.firstIndex(where: { $0.name == plugin.name }) {
        if plugins[index].refusal != nil { plugins[index] = plugin }
      } else {
        plugins.append(plugin)
      }
    }
    let order = indexes(plugins.count) {
      plugins[$0].name.lexicographicallyPrecedes(plugins[$1].name)
    }
    plugins = order.map { plugins[$0] }
    // What the process keeps must not lie in memory of this call.
    try Memory.check()
    if plugins.isEmpty { return [] }
    mtl_pool_lock()
    defer { mtl_pool_unlock() }
    // Another thread may have been faster; then its plugins are those of the process.
    if let found, known == nil { return found }
    found = plugins
    return plugins
  }

  /// Reads the folder.
  private func list() throws(Status) -> [Plugin] {
    let names = try names()
    guard !names.isEmpty else { return [] }
    let way = try PluginPath.make()
    let real: Result<[UInt8], Status>
    do throws(Status) {
      real = .success(try way.enter(path))
    } catch {
      real = .failure(error)
    }
    return try names.map { (name) throws(Status) in
      let plugin = Plugin(name, folder: path, real: real, way)
      try Memory.check()
      if let refusal = plugin.refusal, refusal.isForLackOfMemory { throw .outOfMemory }
      return plugin
    }
  }

  private func names() throws(Status) -> [[UInt8]] {
    guard !path.isEmpty else { return [] }
    guard let folder = withCString(path, { opendir($0) }) else {
      if mtl_errno() == ENOMEM { throw .outOfMemory }
      return []
    }
    defer { closedir(folder) }
    let (prefix, suffix) = (Array("mtlrt-".utf8), Array(".so".utf8))
    var names: [[UInt8]] = []
    while let entry = readdir(folder) {
      let file = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard file.count > prefix.count + suffix.count, file.starts(with: prefix),
        file.suffix(suffix.count).elementsEqual(suffix)
      else { continue }
      let name = Array(file.dropFirst(prefix.count).dropLast(suffix.count))
      if !name.elementsEqual("image".utf8) { names.append(name) }
    }
    return names
  }

  /// Keeps the folder for the life of the process, as it has something that is in use.
  func remember() {
    mtl_pool_lock()
    defer { mtl_pool_unlock() }
    var folder = Self.first
    while let this = folder {
      if this === self { return }
      folder = this.next
    }
    next = Self.first
    Self.first = self
  }

  // MARK: Images

  /// The plugin that decodes images, loaded at the first call.
  func imageModule() throws(Status) -> UnsafePointer<mtlrt_image_module> {
    mtl_pool_lock()
    let known = image
    mtl_pool_unlock()
    if let known { return known }
    let loaded = try ImagePlugin.load(self)
    try Memory.check()
    mtl_pool_lock()
    image = loaded
    mtl_pool_unlock()
    remember()
    return loaded
  }
}
