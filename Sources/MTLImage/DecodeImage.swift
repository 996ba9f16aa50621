import CMTL
import MTLFormat
import MTLPixels

/// Decodes JPEG, PNG or WebP, told apart by content, to RGB8 in memory that `freePixels` frees.
///
/// Everything becomes 8-bit RGB: gray is repeated, a palette looked up, of 16 bits the upper 8 are
/// taken, CMYK ink darkens white paper, and alpha is laid on white. Color profiles and gamma are
/// ignored; of an animation the first picture is taken. `isUpright`: the picture is turned as its
/// EXIF orientation says.
/// Throws `MTLRT_E_IMAGE` for what is no image, one that is damaged, cut short or over the limits,
/// and `MTLRT_E_MEMORY`.
public func decodeImage(
  _ bytes: UnsafeRawBufferPointer, limits: ImageLimits = .standard, isUpright: Bool = true
) throws(Status) -> mtlrt_pixels {
  guard let kind = ImageKind(bytes) else { throw notAnImage(bytes) }
  let exif = isUpright ? Metadata.exif(kind, BoundedBytes(bytes)) : nil
  let orientation = exif.map { Orientation(exif: $0) } ?? .topLeft
  var pixels: mtlrt_pixels
  switch kind {
  case .jpeg: return try decodeJPEG(bytes, limits, orientation)
  case .png: pixels = try decodePNG(bytes, limits)
  case .webp: pixels = try decodeWebP(bytes, limits)
  }
  guard orientation != .topLeft else { return pixels }
  defer { freePixels(&pixels) }
  return try turned(pixels, orientation)
}

private func notAnImage(_ bytes: UnsafeRawBufferPointer) -> Status {
  if bytes.isEmpty { return Status(MTLRT_E_IMAGE, "it is empty") }
  if let name = ImageKind.nameOfOther(bytes) {
    return Status(
      MTLRT_E_IMAGE, "it is \(name), which is not supported (JPEG, PNG and WebP are)")
  }
  return Status(MTLRT_E_IMAGE, "it is not a JPEG, PNG or WebP image")
}

/// Allocates pixels and lets `fill` write them; frees them again where it throws.
func allocateAndFill(
  width: UInt32, height: UInt32, format: Int, _ fill: (mtlrt_pixels) throws(Status) -> Void
) throws(Status) -> mtlrt_pixels {
  var pixels = try mtlrt_pixels.allocate(width: width, height: height, format: format)
  do throws(Status) {
    try fill(pixels)
  } catch {
    freePixels(&pixels)
    throw error
  }
  return pixels
}
