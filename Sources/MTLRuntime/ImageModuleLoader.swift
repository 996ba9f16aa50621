import CMTL
import MTLFormat

/// The image module: found, trusted and kept like a backend, but loaded at the first encoded image.
struct ImageModuleLoader {
  let module: UnsafePointer<mtlrt_image_module>

  init(_ directory: ModuleDirectory) throws(Status) {
    do throws(Status) {
      let address = try directory.load(
        name: Array("image".utf8), symbol: "mtlrt_image_module_v1")
      module = UnsafePointer(address.assumingMemoryBound(to: mtlrt_image_module.self))
      try check()
    } catch {
      throw Status(
        MTLRT_E_BACKEND, "image module in \(directory.text): \(error.message)")
    }
  }

  private func check() throws(Status) {
    guard module.pointee.magic == MTLRT_IMAGE_MODULE_MAGIC else {
      throw Status(MTLRT_E_BACKEND, "mtlrt_image_module_v1 has the wrong magic")
    }
    guard module.pointee.abi == MTLRT_IMAGE_MODULE_ABI,
      Int(module.pointee.size) >= MemoryLayout<mtlrt_image_module>.size
    else {
      throw Status(
        MTLRT_E_BACKEND,
        "it is made for image contract \(module.pointee.abi), "
          + "this runtime has \(MTLRT_IMAGE_MODULE_ABI)")
    }
  }
}
