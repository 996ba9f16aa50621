import CImageCodecs
import CMTL
import MTLFormat

/// JPEG by libjpeg: baseline and progressive, gray, YCbCr, RGB, CMYK and YCCK, with the accurate
/// integer transform and smooth upsampling of color, as most decoders do by default.
func decodeJPEG(
  _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits
) throws(Status) -> mtlrt_pixels {
  let codec = Codec(name: "JPEG")
  var width: UInt32 = 0
  var height: UInt32 = 0
  try codec.call { mtl_jpeg_size(bytes.baseAddress, bytes.count, &width, &height, $0) }
  try limits.check(width: width, height: height)
  return try allocateAndFill(width: width, height: height, format: MTLRT_RGB8) {
    (pixels) throws(Status) in
    try codec.call {
      mtl_jpeg_decode(bytes.baseAddress, bytes.count, pixels.data, Int(pixels.stride), $0)
    }
  }
}
