import CMTL
import MTLPixels

/// RGBA8 to RGB8 in the same memory, laid on white: `color * a + 255 * (255 - a)`, divided by 255
/// and rounded. `pixels` is dense, and what it needs no more is given back.
func laidOnWhite(_ pixels: mtlrt_pixels) -> mtlrt_pixels {
  let data = pixels.data!
  for i in 0..<Int(pixels.width) * Int(pixels.height) {
    let alpha = UInt32(data[4 * i + 3])
    let white = 255 * (255 - alpha) + 127
    for channel in 0..<3 {
      let color = UInt32(data[4 * i + channel])
      data[3 * i + channel] =
        alpha == 255 ? UInt8(color) : UInt8((color * alpha + white) / 255)
    }
  }
  let count = 3 * Int(pixels.width) * Int(pixels.height)
  let shrunk = realloc(data, count).map { $0.assumingMemoryBound(to: UInt8.self) }
  return mtlrt_pixels(
    shrunk ?? data, width: Int(pixels.width), height: Int(pixels.height), format: MTLRT_RGB8)
}
