import CMTL
import MTLFormat
import MTLPixels

extension mtlrt_pixels {
  /// Dense pixels in memory of malloc, not cleared. Throws `MTLRT_E_MEMORY`.
  static func allocate(width: UInt32, height: UInt32, format: Int) throws(Status) -> mtlrt_pixels {
    var pixels = mtlrt_pixels(nil, width: Int(width), height: Int(height), format: format)
    let (count, overflow) = Int(pixels.stride).multipliedReportingOverflow(by: Int(height))
    guard Int(pixels.stride) == Int(width) * pixels.channelCount, !overflow,
      let memory = malloc(count)
    else {
      throw Status(MTLRT_E_MEMORY, "not enough memory for \(width)x\(height) pixels")
    }
    pixels.data = memory.assumingMemoryBound(to: UInt8.self)
    return pixels
  }
}

/// Frees pixels that `decodeImage` made, and forgets them.
public func freePixels(_ pixels: inout mtlrt_pixels) {
  free(pixels.data)
  pixels.data = nil
}
