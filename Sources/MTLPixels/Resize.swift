import CMTL
import MTLFormat

/// Resizes 8-bit pixels into memory of the caller: `target` says how large. Both have the same
/// format, any stride; each channel is resized by itself, alpha included.
///
/// `.bilinear` gives the bytes of OpenCV's `resize` with INTER_LINEAR. `.nearest` takes the pixel
/// in which the target pixel's center lies. `.antialiased` and `.bicubic` give the bytes of
/// Pillow's `resize` with BILINEAR and BICUBIC.
/// Throws `MTLRT_E_ARGUMENT` where the descriptions do not hold together, and `MTLRT_E_MEMORY`;
/// the memory it needs is two rows of the target, or as many as a filter reaches over.
public func resize(
  _ source: mtlrt_pixels, into target: mtlrt_pixels, by method: Preprocessing.Resize = .bilinear
) throws(Status) {
  try source.check()
  try target.check()
  guard source.format == target.format else {
    throw Status(
      MTLRT_E_ARGUMENT, "pixels: resizing from format \(source.format) to \(target.format)")
  }
  var rows = try RowResampler(
    .raw(source), x: ResizeSpan(whole: Int(target.width)), y: ResizeSpan(whole: Int(target.height)),
    method: method)
  for y in 0..<Int(target.height) {
    rows.write(row: y, to: target.data + y * Int(target.stride))
  }
}
