import CImageCodecs
import CMTL
import MTLFormat

/// JPEG by libjpeg: baseline and progressive, gray, YCbCr, RGB, CMYK and YCCK, with the accurate
/// integer transform and smooth upsampling of color, as most decoders do by default.
///
/// The picture stands as `orientation` says; it is turned on its way out of libjpeg, so that there
/// is one copy of it.
func decodeJPEG(
  _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits, _ orientation: Orientation
) throws(Status) -> mtlrt_pixels {
  let (width, height) = try jpegSize(bytes)
  try limits.check(width: width, height: height)
  var turn = try Turn(orientation, width: width, height: height)
  do throws(Status) {
    try Codec(name: "JPEG").call {
      mtl_jpeg_decode(
        bytes.baseAddress, bytes.count,
        { turn, rows, first, count in
          turn!.assumingMemoryBound(to: Turn.self).pointee
            .place(rows!, first: Int(first), count: Int(count))
        }, &turn, $0)
    }
  } catch {
    var pixels = turn.target
    freePixels(&pixels)
    throw error
  }
  return turn.target
}

/// As its header says.
func jpegSize(
  _ bytes: UnsafeRawBufferPointer
) throws(Status) -> (width: UInt32, height: UInt32) {
  var width: UInt32 = 0
  var height: UInt32 = 0
  try Codec(name: "JPEG").call {
    mtl_jpeg_size(bytes.baseAddress, bytes.count, &width, &height, $0)
  }
  return (width, height)
}
