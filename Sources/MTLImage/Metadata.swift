/// Finds the EXIF block of a file, in whatever way its format wraps it.
enum Metadata {
  /// nil where there is none, or none that can be reached.
  static func exif(_ kind: ImageKind, _ file: BoundedBytes) -> BoundedBytes? {
    switch kind {
    case .jpeg: inJPEG(file)
    case .png: inPNG(file)
    case .webp: inWebP(file)
    }
  }

  /// The first APP1 segment that says Exif, before the picture begins.
  private static func inJPEG(_ file: BoundedBytes) -> BoundedBytes? {
    var offset = 2
    while file.byte(offset) == 0xFF, let marker = file.byte(offset + 1) {
      switch marker {
      case 0xFF: offset += 1
      case 0x01, 0xD0...0xD7: offset += 2
      case 0xD9, 0xDA: return nil
      default:
        guard let length = file.uint16(offset + 2, bigEndian: true), length >= 2 else { return nil }
        if marker == 0xE1, file.holds("Exif\0\0", at: offset + 4) {
          return file.part(offset + 4, count: Int(length) - 2)
        }
        offset += 2 + Int(length)
      }
    }
    return nil
  }

  /// The eXIf chunk, which may stand behind the picture.
  private static func inPNG(_ file: BoundedBytes) -> BoundedBytes? {
    var offset = 8
    while let length = file.uint32(offset, bigEndian: true) {
      if file.holds("eXIf", at: offset + 4) { return file.part(offset + 8, count: Int(length)) }
      offset += 12 + Int(length)
    }
    return nil
  }

  /// The EXIF chunk. Chunks are padded to an even length.
  private static func inWebP(_ file: BoundedBytes) -> BoundedBytes? {
    var offset = 12
    while let length = file.uint32(offset + 4, bigEndian: false) {
      if file.holds("EXIF", at: offset) { return file.part(offset + 8, count: Int(length)) }
      offset += 8 + Int(length) + Int(length & 1)
    }
    return nil
  }
}
