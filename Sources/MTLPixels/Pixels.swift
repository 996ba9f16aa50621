import CMTL
import MTLFormat

extension mtlrt_pixels {
  /// Describes memory of the caller: rows of `width` pixels, `stride` bytes apart, or as dense as
  /// the format allows without one.
  public init(
    _ data: UnsafeMutablePointer<UInt8>?, width: Int, height: Int, stride: Int? = nil, format: Int
  ) {
    self.init()
    self.size = UInt32(MemoryLayout<mtlrt_pixels>.size)
    self.width = UInt32(truncatingIfNeeded: width)
    self.height = UInt32(truncatingIfNeeded: height)
    self.format = UInt32(truncatingIfNeeded: format)
    self.stride = UInt32(truncatingIfNeeded: stride ?? width * channelCount)
    self.data = data
  }

  /// Bytes of one pixel; 0 for a format that does not exist.
  public var channelCount: Int {
    switch Int(format) {
    case MTLRT_RGB8, MTLRT_BGR8: 3
    case MTLRT_RGBA8: 4
    case MTLRT_GRAY8: 1
    default: 0
    }
  }

  /// Why the fields do not describe at least one pixel or do not fit together, with a number for
  /// each `%lld`; nil where they do. Whether the memory is there cannot be checked.
  public var refusal: (text: StaticString, numbers: (Int, Int, Int))? {
    if Int(size) < MemoryLayout<mtlrt_pixels>.size {
      return ("pixels: the field size is %lld, too small", (Int(size), 0, 0))
    }
    if channelCount == 0 { return ("pixels: there is no format %lld", (Int(format), 0, 0)) }
    if data == nil { return ("pixels: data is NULL", (0, 0, 0)) }
    if width == 0 || height == 0 {
      return ("pixels: %lldx%lld is no image", (Int(width), Int(height), 0))
    }
    if Int(stride) < Int(width) * channelCount {
      return (
        "pixels: a stride of %lld bytes is too small for %lld pixels of %lld bytes",
        (Int(stride), Int(width), channelCount)
      )
    }
    return nil
  }

  /// Throws `MTLRT_E_ARGUMENT` where there is a `refusal`.
  public func check() throws(Status) {
    guard let refusal else { return }
    var error = mtlrt_error()
    let (a, b, c) = refusal.numbers
    let text = UnsafeRawPointer(refusal.text.utf8Start).assumingMemoryBound(to: CChar.self)
    let code = mtl_refuse_argument(&error, text, Int64(a), Int64(b), Int64(c))
    throw Status(Int(code), withUnsafeMutablePointer(to: &error) { $0.message })
  }
}
