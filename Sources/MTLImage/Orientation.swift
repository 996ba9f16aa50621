/// How a stored picture must be turned to stand upright: EXIF tag 274, values 1 to 8.
///
/// The name says where the picture's first row and first column belong.
enum Orientation: UInt16 {
  case topLeft = 1
  case topRight = 2
  case bottomRight = 3
  case bottomLeft = 4
  case leftTop = 5
  case rightTop = 6
  case rightBottom = 7
  case leftBottom = 8

  private static let tag: UInt16 = 274
  private static let short: UInt16 = 3

  /// Out of an EXIF block: "Exif\0\0" where that is left, then a TIFF header and its first
  /// directory. Anything unreadable or missing is `topLeft`, as the picture itself may be fine.
  init(exif: BoundedBytes) {
    self = .topLeft
    guard let tiff = exif.holds("Exif\0\0", at: 0) ? exif.part(6, count: exif.count - 6) : exif
    else { return }
    let bigEndian = tiff.holds("MM", at: 0)
    guard bigEndian || tiff.holds("II", at: 0), tiff.uint16(2, bigEndian: bigEndian) == 42,
      let start = tiff.uint32(4, bigEndian: bigEndian),
      let count = tiff.uint16(Int(start), bigEndian: bigEndian)
    else { return }
    for index in 0..<Int(count) {
      let entry = Int(start) + 2 + 12 * index
      guard let tag = tiff.uint16(entry, bigEndian: bigEndian) else { return }
      guard tag == Self.tag else { continue }
      guard tiff.uint16(entry + 2, bigEndian: bigEndian) == Self.short,
        let value = tiff.uint16(entry + 8, bigEndian: bigEndian)
      else { return }
      self = Orientation(rawValue: value) ?? .topLeft
      return
    }
  }

  /// Whether width and height change places.
  var isTransposed: Bool { rawValue >= 5 }

  /// Whether stored columns run against their direction in the upright picture.
  var flipsColumns: Bool {
    switch self {
    case .topRight, .bottomRight, .rightBottom, .leftBottom: true
    default: false
    }
  }

  /// Whether stored rows run against their direction in the upright picture.
  var flipsRows: Bool {
    switch self {
    case .bottomRight, .bottomLeft, .rightTop, .rightBottom: true
    default: false
    }
  }
}
