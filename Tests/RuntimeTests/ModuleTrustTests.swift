import CMTL
import Foundation
import MTLFormat
import MTLRuntime
import Testing

/// Where modules may come from, and what is said of those that are refused.
@Suite struct ModuleTrustTests {
  private func failure(backends: String, directory: String) throws -> Status {
    let file = try TestModel.small().encoded()
    return backends.withCString { names in
      directory.withCString { folder in
        var options = mtlrt_options()
        options.size = UInt32(MemoryLayout<mtlrt_options>.size)
        options.flags = MTLRT_STRICT
        options.backends = names
        options.module_dir = folder
        var error = mtlrt_error()
        let handle = mtlrt_open_memory(file, file.count, &options, &error)
        defer { mtlrt_close(handle) }
        #expect(handle == nil)
        return withUnsafeMutablePointer(to: &error) { Status(Int($0.pointee.code), $0.message) }
      }
    }
  }

  private func folder(mode: Int, module: [UInt8]?, fileMode: Int = 0o644) throws -> String {
    let path = NSTemporaryDirectory() + "mtl-trust-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    if let module {
      let file = path + "/mtlrt-acme.so"
      try Data(module).write(to: URL(fileURLWithPath: file))
      // Group 0 and a user's own are trusted.
      if geteuid() == 0 { chown(file, 0, 54321) }
      try FileManager.default.setAttributes([.posixPermissions: fileMode], ofItemAtPath: file)
    }
    if geteuid() == 0 { chown(path, 0, 54321) }
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  @Test func relativeFoldersAreRefused() throws {
    let status = try failure(backends: "acme", directory: "modules")
    #expect(status.code == MTLRT_E_ARGUMENT)
    #expect(status.text.contains("not an absolute path"))
  }

  @Test func missingModulesAreNamed() throws {
    let path = try folder(mode: 0o755, module: nil)
    let status = try failure(backends: "acme", directory: path)
    #expect(status.code == MTLRT_E_BACKEND)
    #expect(status.text.contains("acme"))
  }

  @Test func namesCannotLeaveTheFolder() throws {
    let path = try folder(mode: 0o755, module: nil)
    for name in ["../evil", "a/b", ".", "a.so", "x y"] {
      let status = try failure(backends: name, directory: path)
      #expect(status.code == MTLRT_E_BACKEND)
      #expect(status.text.contains("not a name of a module"))
    }
  }

  @Test func foldersAndFilesThatOthersCanWriteAreRefused() throws {
    var modes = [(0o777, 0o644), (0o755, 0o666)]
    if geteuid() == 0 { modes += [(0o775, 0o644), (0o755, 0o664)] }
    for (mode, fileMode) in modes {
      let path = try folder(mode: mode, module: [1, 2, 3], fileMode: fileMode)
      let status = try failure(backends: "acme", directory: path)
      #expect(status.code == MTLRT_E_BACKEND)
      #expect(status.text.contains("not trusted"))
    }
  }

  @Test func filesThatAreNoModulesAreRefused() throws {
    let path = try folder(mode: 0o755, module: Array("not a shared object".utf8))
    let status = try failure(backends: "acme", directory: path)
    #expect(status.code == MTLRT_E_BACKEND)
    #expect(status.text.contains("does not load"))
  }
}
