import CMTL
import MTLFormat

/// A shared object that holds a module.
public enum ModuleFile {
  /// Loads the file at `path` and returns the address of its data symbol.
  public static func load(
    _ path: [UInt8], symbol: StaticString
  ) throws(Status) -> UnsafeMutableRawPointer {
    try checkTrust(path)
    guard let library = withCString(path, { dlopen($0, RTLD_NOW | RTLD_LOCAL) }) else {
      throw Status(MTLRT_E_BACKEND, "it does not load: \(Message(cString: dlerror()))")
    }
    let text = UnsafeRawPointer(symbol.utf8Start).assumingMemoryBound(to: CChar.self)
    guard let address = dlsym(library, text) else {
      throw Status(
        MTLRT_E_BACKEND, "it has no \(Message(cString: text)): not a module of this kind")
    }
    return address
  }

  /// Code that others may have put there is never loaded: owner is root or this user, and neither
  /// the group nor the world may write.
  static func checkTrust(_ path: [UInt8]) throws(Status) {
    let name = Message(utf8: path)
    var information = stat()
    guard withCString(path, { stat($0, &information) }) == 0 else {
      throw Status(MTLRT_E_BACKEND, "\(name): \(Message(cString: strerror(mtl_errno())))")
    }
    guard information.st_uid == 0 || information.st_uid == geteuid() else {
      throw Status(MTLRT_E_BACKEND, "\(name) belongs to another user: not trusted")
    }
    guard information.st_mode & 0o022 == 0 else {
      throw Status(MTLRT_E_BACKEND, "\(name) is writable by group or world: not trusted")
    }
  }
}
