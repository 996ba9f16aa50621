import CImageCodecs
import CMTL
import MTLFormat

/// WebP by libwebp: lossy and lossless, with and without alpha; of an animation the first frame,
/// on a canvas that is white elsewhere.
func decodeWebP(
  _ bytes: UnsafeRawBufferPointer, _ limits: ImageLimits
) throws(Status) -> mtlrt_pixels {
  let ((width, height), isAnimated) = try webpSize(bytes)
  try limits.check(width: width, height: height)
  let frame =
    isAnimated
    ? try WebPFrame(firstOf: BoundedBytes(bytes), canvas: (width, height)) : nil
  let content = UnsafeRawBufferPointer(rebasing: bytes[frame?.content ?? 0..<bytes.count])
  if let frame {
    let (found, isAnimated) = try webpSize(content)
    guard found == (frame.width, frame.height), !isAnimated else {
      throw Status(
        MTLRT_E_IMAGE,
        "the WebP is damaged: its first frame is to have \(frame.width)x\(frame.height) pixels "
          + "and has \(found.width)x\(found.height)")
    }
  }
  let pixels = try allocateAndFill(width: width, height: height, format: MTLRT_RGBA8) {
    (pixels) throws(Status) in
    let stride = Int(pixels.stride)
    if frame != nil { pixels.data.update(repeating: 0, count: stride * Int(height)) }
    let corner = Int(frame?.y ?? 0) * stride + 4 * Int(frame?.x ?? 0)
    try Codec(name: "WebP").call {
      mtl_webp_decode(
        content.baseAddress, content.count, pixels.data + corner, stride,
        frame?.width ?? width, frame?.height ?? height, $0)
    }
  }
  return laidOnWhite(pixels)
}

/// As its header says: of an animation the canvas.
func webpSize(
  _ bytes: UnsafeRawBufferPointer
) throws(Status) -> (size: (width: UInt32, height: UInt32), isAnimated: Bool) {
  var width: UInt32 = 0
  var height: UInt32 = 0
  var isAnimated: Int32 = 0
  try Codec(name: "WebP").call {
    mtl_webp_size(bytes.baseAddress, bytes.count, &width, &height, &isAnimated, $0)
  }
  return ((width, height), isAnimated != 0)
}
