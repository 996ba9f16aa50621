import CMTL
import MTLFormat

/// `decode` of mtlrt_image_module.h.
@c(mtl_image_decode)
public func imageModuleDecode(
  _ bytes: UnsafeRawPointer?, _ count: Int, _ options: UnsafePointer<mtlrt_image_options>?,
  _ pixels: UnsafeMutablePointer<mtlrt_pixels>?, _ error: UnsafeMutablePointer<mtlrt_error>?
) -> Int32 {
  reporting(to: error) { () throws(Status) in
    guard let pixels, bytes != nil || count == 0, count >= 0 else {
      throw Status(MTLRT_E_ARGUMENT, "decode: an argument is NULL")
    }
    let settings = try Settings(options)
    pixels.pointee = try decodeImage(
      UnsafeRawBufferPointer(start: bytes, count: count), limits: settings.limits,
      isUpright: settings.isUpright)
  }
}

/// `encode_png` of mtlrt_image_module.h.
@c(mtl_image_encode_png)
public func imageModuleEncodePNG(
  _ pixels: UnsafePointer<mtlrt_pixels>?,
  _ bytes: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ count: UnsafeMutablePointer<Int>?,
  _ error: UnsafeMutablePointer<mtlrt_error>?
) -> Int32 {
  reporting(to: error) { () throws(Status) in
    guard let pixels, let bytes, let count else {
      throw Status(MTLRT_E_ARGUMENT, "encode_png: an argument is NULL")
    }
    let png = try encodePNG(pixels.pointee)
    bytes.pointee = png.baseAddress
    count.pointee = png.count
  }
}

/// The options of the contract, with its defaults filled in.
private struct Settings {
  var limits = ImageLimits.standard
  var isUpright = true

  init(_ options: UnsafePointer<mtlrt_image_options>?) throws(Status) {
    guard let options = options?.pointee else { return }
    guard Int(options.size) >= MemoryLayout<mtlrt_image_options>.size else {
      throw Status(MTLRT_E_ARGUMENT, "decode: the field size of its options is \(options.size)")
    }
    isUpright = options.flags & MTLRT_IMAGE_AS_STORED == 0
    if options.max_pixels > 0 { limits.pixels = Int(clamping: options.max_pixels) }
    if options.max_side > 0 { limits.side = Int(options.max_side) }
  }
}
