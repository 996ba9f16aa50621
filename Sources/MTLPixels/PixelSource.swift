import CMTL

/// Reads pixels of any format as up to four integer channels: those of the memory, or those that
/// a model wants.
struct PixelSource {
  let width: Int
  let height: Int
  /// Channels that `load` fills; the rest is unspecified.
  let channels: Int
  private let base: UnsafePointer<UInt8>
  private let stride: Int
  private let step: Int
  /// Byte within a pixel for each channel of the result.
  private let offset: SIMD4<Int>
  private let isBlended: Bool
  private let isMixed: Bool

  private init(_ pixels: mtlrt_pixels, channels: Int, offset: SIMD4<Int>, isMixed: Bool) {
    width = Int(pixels.width)
    height = Int(pixels.height)
    self.channels = channels
    base = UnsafePointer(pixels.data)
    stride = Int(pixels.stride)
    step = pixels.channelCount
    self.offset = offset
    isBlended = Int(pixels.format) == MTLRT_RGBA8 && channels != 4
    self.isMixed = isMixed
  }

  /// The channels as they stand in memory. `pixels` has been checked.
  static func raw(_ pixels: mtlrt_pixels) -> PixelSource {
    let last = pixels.channelCount - 1
    let offset = SIMD4(0, min(1, last), min(2, last), min(3, last))
    return PixelSource(pixels, channels: last + 1, offset: offset, isMixed: false)
  }

  /// Red, green, blue, whatever the memory's format: gray is repeated, RGBA is laid on white.
  /// `pixels` has been checked.
  static func rgb(_ pixels: mtlrt_pixels) -> PixelSource {
    PixelSource(pixels, channels: 3, offset: rgbOffsets(pixels), isMixed: false)
  }

  /// As `rgb`, in the order blue, green, red.
  static func bgr(_ pixels: mtlrt_pixels) -> PixelSource {
    let o = rgbOffsets(pixels)
    return PixelSource(pixels, channels: 3, offset: SIMD4(o.z, o.y, o.x, o.w), isMixed: false)
  }

  /// One channel, the luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, rounded. Gray memory is
  /// taken as it is. `pixels` has been checked.
  static func gray(_ pixels: mtlrt_pixels) -> PixelSource {
    let isGray = Int(pixels.format) == MTLRT_GRAY8
    return PixelSource(pixels, channels: 1, offset: rgbOffsets(pixels), isMixed: !isGray)
  }

  /// Bytes of red, green, blue and alpha within a pixel.
  private static func rgbOffsets(_ pixels: mtlrt_pixels) -> SIMD4<Int> {
    switch Int(pixels.format) {
    case MTLRT_GRAY8: SIMD4(0, 0, 0, 0)
    case MTLRT_BGR8: SIMD4(2, 1, 0, 0)
    case MTLRT_RGBA8: SIMD4(0, 1, 2, 3)
    default: SIMD4(0, 1, 2, 0)
    }
  }

  func row(_ y: Int) -> UnsafePointer<UInt8> { base + y * stride }

  /// Pixel `x` of a row.
  @inline(__always)
  func load(_ row: UnsafePointer<UInt8>, _ x: Int) -> SIMD4<Int32> {
    let p = row + x * step
    var pixel = SIMD4(
      Int32(p[offset.x]), Int32(p[offset.y]), Int32(p[offset.z]), Int32(p[offset.w]))
    if isBlended { pixel = onWhite(pixel, alpha: Int32(p[3])) }
    if isMixed { pixel.x = luma(pixel) }
    return pixel
  }

  /// `(pixel * a + 255 * (255 - a)) / 255`, rounded to the nearest.
  @inline(__always)
  private func onWhite(_ pixel: SIMD4<Int32>, alpha: Int32) -> SIMD4<Int32> {
    let sum = pixel &* alpha &+ (255 * (255 - alpha) + 127)
    return sum / 255
  }

  /// In units of 1/16384; the weights sum to 1.
  @inline(__always)
  private func luma(_ rgb: SIMD4<Int32>) -> Int32 {
    (4899 * rgb.x + 9617 * rgb.y + 1868 * rgb.z + 8192) >> 14
  }
}
