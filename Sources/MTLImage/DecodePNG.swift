import CImageCodecs
import CMTL
import MTLFormat

/// PNG by libpng: every color type and bit depth, interlaced or not.
func decodePNG(
  _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits
) throws(Status) -> mtlrt_pixels {
  let codec = Codec(name: "PNG")
  let (width, height) = try pngSize(bytes)
  try limits.check(width: width, height: height)
  let pixels = try allocateAndFill(width: width, height: height, format: MTLRT_RGBA8) {
    (pixels) throws(Status) in
    try codec.call {
      mtl_png_decode(bytes.baseAddress, bytes.count, pixels.data, Int(pixels.stride), $0)
    }
  }
  return laidOnWhite(pixels)
}

/// As its header says.
func pngSize(
  _ bytes: UnsafeRawBufferPointer
) throws(Status) -> (width: UInt32, height: UInt32) {
  let file = BoundedBytes(bytes)
  guard file.holds("IHDR", at: 12), let width = file.uint32(16, bigEndian: true),
    let height = file.uint32(20, bigEndian: true)
  else { throw Status(MTLRT_E_IMAGE, "the PNG is damaged: it does not begin with its header") }
  return (width, height)
}
