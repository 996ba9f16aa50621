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

  /// Bytes of one value by its type: BYTE, SHORT, LONG and their signed kin. The norm wants SHORT;
  /// writers take any.
  private static func width(_ type: UInt16) -> Int? {
    switch type {
    case 1, 6: 1
    case 3, 8: 2
    case 4, 9: 4
    default: nil
    }
  }

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
      if let value = Self.value(tiff, entry, bigEndian) {
        self = Orientation(rawValue: value) ?? .topLeft
      }
      return
    }
  }

  /// The whole number that a directory entry holds; nil where it holds another kind, or many.
  private static func value(_ tiff: BoundedBytes, _ entry: Int, _ bigEndian: Bool) -> UInt16? {
    guard let type = tiff.uint16(entry + 2, bigEndian: bigEndian), let width = width(type),
      let count = tiff.uint32(entry + 4, bigEndian: bigEndian), Int(count) * width <= 4
    else { return nil }
    switch width {
    case 1: return tiff.byte(entry + 8).map { UInt16($0) }
    case 2: return tiff.uint16(entry + 8, bigEndian: bigEndian)
    default:
      return tiff.uint32(entry + 8, bigEndian: bigEndian).map { UInt16(clamping: $0) }
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
