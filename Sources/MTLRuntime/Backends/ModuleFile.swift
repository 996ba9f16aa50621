import CMTL
import CPlugins
import MTLFormat

/// A shared object that holds a plugin.
public enum ModuleFile {
  /// Loads the file at `path` and returns the address of its data symbol. Code that others may have
  /// put there is never loaded, nor a file that is damaged: `CPlugins.h` says what is checked.
  public static func load(
    _ path: [UInt8], symbol: StaticString
  ) throws(Status) -> UnsafeMutableRawPointer {
    let way = try PluginPath.make()
    let constant = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 8)
    defer { constant.deallocate() }
    try way.read(constant, symbol: symbol, of: path, in: [])
    // By the path that was checked, in which there are no links any more.
    mtl_clear_errno()
    guard let library = dlopen(mtl_path_real(way.path), RTLD_NOW | RTLD_LOCAL) else {
      if mtl_errno() == ENOMEM { throw .outOfMemory }
      throw Status(MTLRT_E_BACKEND, "it does not load: \(Message(cString: dlerror()))")
    }
    guard let address = dlsym(library, symbol.cString) else {
      throw Status(
        MTLRT_E_BACKEND, "it has no \(Message(cString: symbol.cString)): not a module of this kind")
    }
    return address
  }
}

/// Finds out what may be loaded.
final class PluginPath {
  fileprivate let path: OpaquePointer

  private init(_ path: OpaquePointer) {
    self.path = path
  }

  static func make() throws(Status) -> PluginPath {
    try Memory.check()
    guard let path = mtl_path_new() else { throw .outOfMemory }
    return PluginPath(path)
  }

  deinit { mtl_path_free(path) }

  private var fault: Status {
    Status(MTLRT_E_BACKEND, Message(cString: mtl_path_fault(path)))
  }

  /// Whether the last fault is that a file or folder could not be reached, whatever it is like.
  var isUnreachable: Bool { mtl_path_error(path) != 0 }

  /// The folder of plugins without links; throws if others may add to it.
  func enter(_ folder: [UInt8]) throws(Status) -> [UInt8] {
    guard withCString(folder, { mtl_path_enter_trusted(path, $0) }) == 0 else { throw fault }
    return bytes(of: mtl_path_real(path))
  }

  /// Fills `constant` with what `file`, which begins at the folder `real`, has for `symbol`.
  func read(
    _ constant: UnsafeMutableRawBufferPointer, symbol: StaticString, of file: [UInt8],
    in real: [UInt8]
  ) throws(Status) {
    var size: UInt64 = 0
    let descriptor = withCString(real) { real in
      withCString(file) { mtl_path_open_trusted(path, real, $0, &size) }
    }
    guard descriptor >= 0 else { throw fault }
    defer { close(descriptor) }
    var error = mtlrt_error()
    let result = withUnsafeMutableBytes(of: &error.text) { reason in
      mtl_elf_constant(
        descriptor, size, symbol.cString, constant.baseAddress, constant.count,
        reason.baseAddress!.assumingMemoryBound(to: CChar.self), reason.count)
    }
    guard result != -2 else { throw .outOfMemory }
    guard result == 0 else {
      throw Status(MTLRT_E_BACKEND, withUnsafeMutablePointer(to: &error) { $0.message })
    }
  }
}

extension StaticString {
  fileprivate var cString: UnsafePointer<CChar> {
    UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
  }
}
