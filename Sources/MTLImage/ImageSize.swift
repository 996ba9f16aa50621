import CImageCodecs
import CMTL
import MTLFormat

/// Pixels that an image has by its header, for whoever shares memory between several; 0 where that
/// cannot be read. Whether the image can be decoded is another matter.
public func imagePixels(_ bytes: UnsafeRawBufferPointer) -> Int {
  var size: (width: UInt32, height: UInt32)?
  switch ImageKind(bytes) {
  case .jpeg: size = try? jpegSize(bytes)
  case .png: size = try? pngSize(bytes)
  case .webp: size = try? webpSize(bytes).size
  case nil: return 0
  }
  return size.map { Int($0.width) * Int($0.height) } ?? 0
}
