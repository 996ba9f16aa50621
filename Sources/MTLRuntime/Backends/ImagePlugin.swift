import CMTL
import CPlugins
import MTLFormat

/// The image plugin: found, trusted and checked like a backend.
enum ImagePlugin {
  private static let name = Array("image".utf8)

  static func load(
    _ folder: PluginFolder
  ) throws(Status) -> UnsafePointer<mtlrt_image_module> {
    let way = try PluginPath.make()
    do throws(Status) {
      guard !folder.path.isEmpty else {
        throw Status(MTLRT_E_BACKEND, "the library cannot tell where it was loaded from")
      }
      let path = PluginFolder.file(named: name, in: folder.path)
      try read(path, way).check()
      let address = try ModuleFile.load(path, symbol: "mtlrt_image_module_v1")
      let module = UnsafePointer(address.assumingMemoryBound(to: mtlrt_image_module.self))
      try module.pointee.check()
      return module
    } catch {
      guard error.code != Int32(MTLRT_E_MEMORY) else { throw error }
      let advice: Message = way.isUnreachable ? " (confined? MTLRT_IMAGES loads it earlier)" : ""
      throw Status(
        MTLRT_E_BACKEND, "image module in \(folder.text): \(error.message)\(advice)")
    }
  }

  private static func read(
    _ file: [UInt8], _ way: PluginPath
  ) throws(Status) -> mtlrt_image_module {
    var constant = mtlrt_image_module()
    var failure: Status?
    withUnsafeMutableBytes(of: &constant) { raw in
      do throws(Status) {
        try way.read(raw, symbol: "mtlrt_image_module_v1", of: file, in: [])
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return constant
  }
}

extension mtlrt_image_module {
  /// Throws unless this host can use the module on this CPU. Reads data only.
  fileprivate func check() throws(Status) {
    guard magic == MTLRT_IMAGE_MODULE_MAGIC else {
      throw Status(MTLRT_E_BACKEND, "mtlrt_image_module_v1 has the wrong magic")
    }
    guard abi == MTLRT_IMAGE_MODULE_ABI, Int(size) >= MemoryLayout<mtlrt_image_module>.size
    else {
      throw Status(
        MTLRT_E_BACKEND,
        "it is made for image contract \(abi), this runtime has \(MTLRT_IMAGE_MODULE_ABI)")
    }
    let text = withUnsafeBytes(of: name) { Array($0.prefix { $0 != 0 }) }
    guard text.elementsEqual("image".utf8) else {
      throw Status(MTLRT_E_BACKEND, "its constant has another name, \(Message(utf8: text))")
    }
    let missing = featuresLacking(cpu_need)
    guard missing.isEmpty else { throw Status(MTLRT_E_BACKEND, "this CPU lacks \(missing)") }
  }
}
