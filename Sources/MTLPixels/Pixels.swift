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

  /// Throws `MTLRT_E_ARGUMENT` unless the fields describe at least one pixel and fit together.
  /// Whether the memory is there cannot be checked.
  public func check() throws(Status) {
    guard Int(size) >= MemoryLayout<mtlrt_pixels>.size else {
      throw Status(MTLRT_E_ARGUMENT, "pixels: the field size is \(size), too small")
    }
    guard channelCount > 0 else {
      throw Status(MTLRT_E_ARGUMENT, "pixels: there is no format \(format)")
    }
    guard data != nil else { throw Status(MTLRT_E_ARGUMENT, "pixels: data is NULL") }
    guard width > 0, height > 0 else {
      throw Status(MTLRT_E_ARGUMENT, "pixels: \(width)x\(height) is no image")
    }
    guard Int(stride) >= Int(width) * channelCount else {
      throw Status(
        MTLRT_E_ARGUMENT,
        "pixels: a stride of \(stride) bytes is too small for \(width) pixels of "
          + "\(channelCount) bytes")
    }
  }
}
