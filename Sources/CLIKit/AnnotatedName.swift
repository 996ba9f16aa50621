/// Names of annotated copies, by which they are told from photographs: `photo.annotated.png`, then
/// `photo.annotated-2.png`.
public enum AnnotatedName {
  private static let mark = Array(".annotated".utf8)
  private static let end = Array(".png".utf8)
  /// The longest name that file systems take.
  private static let limit = 255

  /// `number` counts from 1. A stem that is too long is cut.
  public static func make(of stem: [UInt8], _ number: Int) -> [UInt8] {
    let tail = mark + (number > 1 ? Array("-\(number)".utf8) : []) + end
    var start = stem.prefix(limit - tail.count)
    if start.count < stem.count {
      // Not within a character of UTF-8.
      while let last = start.last, last & 0xC0 == 0x80 { start.removeLast() }
      if let last = start.last, last >= 0xC0 { start.removeLast() }
    }
    return Array(start) + tail
  }

  /// Whether `make` gives such a name.
  public static func isMade(_ name: [UInt8]) -> Bool {
    guard name.suffix(end.count).elementsEqual(end) else { return false }
    var stem = name.dropLast(end.count)
    let digits = stem.reversed().prefix { (0x30...0x39).contains($0) }.count
    if digits > 0, stem.dropLast(digits).last == UInt8(ascii: "-") {
      stem = stem.dropLast(digits + 1)
    }
    return stem.suffix(mark.count).elementsEqual(mark)
  }
}
