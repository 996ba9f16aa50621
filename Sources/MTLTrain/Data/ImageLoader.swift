import CMTL
import MTLFormat
import MTLImage
import MTLPixels
import MTLWriter

/// An image file as a network sees it, by the same code that prediction uses.
public enum ImageLoader {
  /// Decodes, turns upright, and resizes to `side` x `side` RGB8, bilinear.
  /// Waits until `budget` has room for its pixels.
  /// Errors: whatever keeps the file from being read as an image; the text names the file.
  public static func load(
    _ path: String, side: Int, into target: UnsafeMutablePointer<UInt8>,
    budget: PixelBudget? = nil
  ) throws(Status) {
    let file = try Bytes.map(file: path)
    let size = imagePixels(file.view)
    budget?.take(size)
    defer { budget?.giveBack(size) }
    var pixels: mtlrt_pixels
    do throws(Status) {
      pixels = try decodeImage(file.view)
    } catch {
      throw Status(Int(error.code), "\(path.spelled): \(error.text)")
    }
    defer { freePixels(&pixels) }
    try resize(
      pixels, into: mtlrt_pixels(target, width: side, height: side, format: MTLRT_RGB8))
  }
}
