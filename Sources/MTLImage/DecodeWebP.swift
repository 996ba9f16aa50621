import CImageCodecs
import CMTL
import MTLFormat

/// WebP by libwebp: lossy and lossless, with and without alpha; no animations.
func decodeWebP(
  _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits
) throws(Status) -> mtlrt_pixels {
  let codec = Codec(name: "WebP")
  var width: UInt32 = 0
  var height: UInt32 = 0
  var isAnimated: Int32 = 0
  try codec.call { mtl_webp_size(bytes.baseAddress, bytes.count, &width, &height, &isAnimated, $0) }
  guard isAnimated == 0 else {
    throw Status(MTLRT_E_IMAGE, "it is an animated WebP, which is not supported (still ones are)")
  }
  try limits.check(width: width, height: height)
  let pixels = try allocateAndFill(width: width, height: height, format: MTLRT_RGBA8) {
    (pixels) throws(Status) in
    try codec.call {
      mtl_webp_decode(
        bytes.baseAddress, bytes.count, pixels.data, Int(pixels.stride), height, $0)
    }
  }
  return laidOnWhite(pixels)
}
