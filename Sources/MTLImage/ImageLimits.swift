import CMTL
import MTLFormat

/// What decoding one image may cost, checked before memory is asked for.
public struct ImageLimits: Sendable {
  /// Largest width times height.
  public var pixels: Int
  /// Largest width and largest height.
  public var side: Int

  /// 256 million pixels, which the largest sensors of phones have, and 65 535 on a side. Most that
  /// decoding takes for each pixel: of a JPEG 3 bytes, of a progressive one 9, of a PNG 7, of a
  /// WebP 12.
  public static let standard = ImageLimits(pixels: 256_000_000, side: 65_535)

  public init(pixels: Int, side: Int) {
    self.pixels = pixels
    self.side = side
  }

  /// Throws `MTLRT_E_IMAGE` and names the limit that is passed.
  func check(width: UInt32, height: UInt32) throws(Status) {
    guard width > 0, height > 0 else {
      throw Status(MTLRT_E_IMAGE, "the image has no pixels (\(width)x\(height))")
    }
    guard Int(width) <= side, Int(height) <= side else {
      throw Status(
        MTLRT_E_IMAGE, "the image has \(width)x\(height) pixels, the limit is \(side) on a side")
    }
    guard UInt64(width) * UInt64(height) <= UInt64(pixels) else {
      throw Status(
        MTLRT_E_IMAGE, "the image has \(width)x\(height) pixels, the limit is \(pixels) in all")
    }
  }
}
