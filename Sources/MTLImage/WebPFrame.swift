import CMTL
import MTLFormat

/// The first frame of an animated WebP: a picture of its own, and where on the canvas it lies.
struct WebPFrame {
  let x, y, width, height: UInt32
  /// The frame's chunks: perhaps ALPH, then VP8 or VP8L.
  let content: Range<Int>

  /// Bytes of an ANMF chunk before the content.
  private static let headerSize = 16

  /// Throws `MTLRT_E_IMAGE` where there is no frame, or none that lies on the canvas.
  init(
    firstOf file: BoundedBytes, canvas: (width: UInt32, height: UInt32)
  ) throws(Status) {
    guard let chunk = Self.chunk(file) else {
      throw Status(MTLRT_E_IMAGE, "the WebP is cut short: it ends before its first frame does")
    }
    func number(_ offset: Int) -> UInt32 {
      let low = UInt32(file.uint16(chunk.lowerBound + offset, bigEndian: false) ?? 0)
      return low | UInt32(file.byte(chunk.lowerBound + offset + 2) ?? 0) << 16
    }
    (x, y) = (2 * number(0), 2 * number(3))
    (width, height) = (number(6) + 1, number(9) + 1)
    content = chunk.lowerBound + Self.headerSize..<chunk.upperBound
    guard x + width <= canvas.width, y + height <= canvas.height else {
      throw Status(
        MTLRT_E_IMAGE,
        "the WebP is damaged: its first frame, \(width)x\(height) at \(x), \(y), is not within "
          + "\(canvas.width)x\(canvas.height)")
    }
  }

  /// Where the first ANMF chunk lies; nil where it is not all there.
  private static func chunk(_ file: BoundedBytes) -> Range<Int>? {
    var offset = 12
    while let length = file.uint32(offset + 4, bigEndian: false) {
      let start = offset + 8
      if file.holds("ANMF", at: offset) {
        guard length >= headerSize, file.part(start, count: Int(length)) != nil else { return nil }
        return start..<start + Int(length)
      }
      offset = start + Int(length) + Int(length & 1)
    }
    return nil
  }
}
