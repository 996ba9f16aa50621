// Images from a fuzzer, on the path that a user's image takes: told apart, measured, decoded,
// turned by its EXIF block. Build and run it with tools/fuzz.

import CMTL
import MTLFormat
import MTLImage
import MTLPixels

/// Small enough that most of the time goes into different images, not into large ones.
private let limits = ImageLimits(pixels: 1 << 18, side: 4096)

/// Sum of all bytes, or nil for what is refused. Reads every pixel that was promised.
private func sum(_ bytes: UnsafeRawBufferPointer, isUpright: Bool) -> (UInt64, UInt32, UInt32)? {
  do throws(Status) {
    var pixels = try decodeImage(bytes, limits: limits, isUpright: isUpright)
    defer { freePixels(&pixels) }
    precondition(Int(pixels.format) == MTLRT_RGB8 && pixels.stride == 3 * pixels.width)
    precondition(Int(pixels.width) * Int(pixels.height) <= limits.pixels)
    precondition(Int(pixels.width) * Int(pixels.height) == imagePixels(bytes))
    var sum: UInt64 = 0
    for index in 0..<Int(pixels.stride) * Int(pixels.height) { sum += UInt64(pixels.data[index]) }
    return (sum, pixels.width, pixels.height)
  } catch {
    let known = [MTLRT_E_IMAGE, MTLRT_E_MEMORY].contains(Int(error.code))
    precondition(known && !error.text.isEmpty, "a refusal without a reason")
    return nil
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: data, count: count)
  let stored = sum(bytes, isUpright: false)
  let upright = sum(bytes, isUpright: true)
  // Turning moves pixels; it makes none and loses none.
  precondition(stored?.0 == upright?.0, "turning changed the pixels")
  if let stored, let upright {
    let isSame = (stored.1, stored.2) == (upright.1, upright.2)
    precondition(isSame || (stored.1, stored.2) == (upright.2, upright.1))
  }
  return 0
}
