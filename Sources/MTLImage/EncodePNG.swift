import CImageCodecs
import CMTL
import MTLFormat
import MTLPixels

/// RGB8 pixels as a PNG in memory of malloc, which the caller frees.
/// Throws `MTLRT_E_ARGUMENT` for pixels that are not RGB8, and `MTLRT_E_MEMORY`.
public func encodePNG(_ pixels: mtlrt_pixels) throws(Status) -> UnsafeMutableRawBufferPointer {
  try pixels.check()
  guard Int(pixels.format) == MTLRT_RGB8 else {
    throw Status(MTLRT_E_ARGUMENT, "a PNG is made of RGB8 pixels, not of format \(pixels.format)")
  }
  var bytes: UnsafeMutableRawPointer?
  var count = 0
  try Codec(name: "PNG").call {
    mtl_png_encode(
      pixels.data, Int(pixels.stride), pixels.width, pixels.height, &bytes, &count, $0)
  }
  return UnsafeMutableRawBufferPointer(start: bytes, count: count)
}
