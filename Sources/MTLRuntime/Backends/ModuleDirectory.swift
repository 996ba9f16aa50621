import CMTL
import MTLFormat

/// The one folder that modules are loaded from.
///
/// In this order: the folder that the caller named; the environment's MTLRT_MODULE_DIR (not in a
/// set-user-ID program); `mtlrt/` beside the library, or `../lib/mtlrt/` beside a program that has
/// the library linked in. Never the current directory, never a search path: a path that is not
/// absolute is refused.
struct ModuleDirectory {
  let path: [UInt8]

  init(named: UnsafePointer<CChar>?) throws(Status) {
    if let named {
      path = bytes(of: named)
    } else if let variable = mtl_secure_getenv("MTLRT_MODULE_DIR"), variable.pointee != 0 {
      path = bytes(of: variable)
    } else {
      path = try Self.besideLibrary()
    }
    guard path.first == UInt8(ascii: "/") else {
      throw Status(
        MTLRT_E_ARGUMENT, "module directory '\(text)' is not an absolute path")
    }
  }

  var text: Message { Message(utf8: path) }

  private static func besideLibrary() throws(Status) -> [UInt8] {
    guard let own = mtl_own_path() else {
      throw Status(MTLRT_E_BACKEND, "the library cannot tell where it was loaded from")
    }
    defer { free(own) }
    let file = bytes(of: own)
    let folder = Array(file[..<file.lastIndex(of: UInt8(ascii: "/"))!])
    let beside = folder + Array("/mtlrt".utf8)
    if isDirectory(beside) { return beside }
    let sibling = folder + Array("/../lib/mtlrt".utf8)
    return isDirectory(sibling) ? sibling : beside
  }

  private static func isDirectory(_ path: [UInt8]) -> Bool {
    var information = stat()
    return withCString(path) { stat($0, &information) } == 0
      && mtl_is_directory(&information) != 0
  }

  /// Where the module `name` would be.
  func file(named name: [UInt8]) -> [UInt8] {
    path + Array("/mtlrt-".utf8) + name + Array(".so".utf8)
  }

  /// The names of all modules in this folder, sorted; whether they load is another question.
  func names() -> [[UInt8]] {
    guard let folder = withCString(path, { opendir($0) }) else { return [] }
    defer { closedir(folder) }
    let (prefix, suffix) = (Array("mtlrt-".utf8), Array(".so".utf8))
    var names: [[UInt8]] = []
    while let entry = readdir(folder) {
      let file = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard file.count > prefix.count + suffix.count, file.starts(with: prefix),
        file.suffix(suffix.count).elementsEqual(suffix)
      else { continue }
      names.append(Array(file.dropFirst(prefix.count).dropLast(suffix.count)))
    }
    return indexes(names.count) { names[$0].lexicographicallyPrecedes(names[$1]) }.map { names[$0] }
  }

  /// Loads the shared object `name` and returns the address of its data symbol.
  func load(name: [UInt8], symbol: StaticString) throws(Status) -> UnsafeMutableRawPointer {
    try ModuleFile.checkTrust(path)
    return try ModuleFile.load(file(named: name), symbol: symbol)
  }
}
