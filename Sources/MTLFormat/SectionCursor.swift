import CMTL

/// Reads the records of one section from a private copy of it, front to back. Every failure says
/// where in the file it stands.
struct SectionCursor {
  let type: SectionType
  /// Owns the bytes.
  private let copy: Bytes
  /// Of the section, in the file.
  private let start: UInt64
  private var position = 0

  init(_ section: Section, type: SectionType, copy: Bytes) {
    self.type = type
    self.copy = copy
    self.start = UInt64(section.offset)
  }

  /// Of the next byte, in the file.
  var offset: UInt64 { start + UInt64(position) }
  var remaining: Int { copy.view.count - position }

  /// The next `count` bytes, valid as long as the cursor.
  mutating func take(_ count: Int) throws(Status) -> UnsafeRawBufferPointer {
    try Memory.check()
    guard count <= remaining else {
      throw Status(
        .sectionShort, "the \(type.name) section ends within a record: \(count) bytes needed, "
          + "\(remaining) left", at: offset)
    }
    let bytes = UnsafeRawBufferPointer(rebasing: copy.view[position..<position + count])
    position += count
    return bytes
  }

  mutating func u32() throws(Status) -> UInt32 {
    UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self))
  }

  mutating func u64() throws(Status) -> UInt64 {
    UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self))
  }

  mutating func f32() throws(Status) -> Float { Float(bitPattern: try u32()) }

  /// A count that must be in `range`.
  mutating func count(
    in range: ClosedRange<Int>, _ rule: Rule, _ what: StaticString
  ) throws(Status) -> Int {
    let place = offset
    let count = Int(try u32())
    guard range.contains(count) else {
      throw Status(
        rule, "\(count) \(what) in the \(type.name) section; the limits are "
          + "\(range.lowerBound) and \(range.upperBound)", at: place)
    }
    return count
  }

  /// A name: 1 to 4096 bytes of UTF-8 without control characters.
  mutating func name() throws(Status) -> Name {
    try string(longest: Limits.name, mayBeEmpty: false, allowsLines: false)
  }

  /// A text: up to 65,536 bytes of UTF-8; of the control characters, tab and line feed alone.
  mutating func text() throws(Status) -> Name {
    try string(longest: Limits.text, mayBeEmpty: true, allowsLines: true)
  }

  private mutating func string(
    longest: Int, mayBeEmpty: Bool, allowsLines: Bool
  ) throws(Status) -> Name {
    let place = offset
    let count = Int(try u32())
    guard count <= longest else {
      throw Status(
        .stringLength, "a string of \(count) bytes in the \(type.name) section; at most "
          + "\(longest) are allowed", at: place)
    }
    guard count > 0 || mayBeEmpty else {
      throw Status(.stringEmpty, "an empty name in the \(type.name) section", at: place)
    }
    let first = offset
    let bytes = try take(count)
    switch UTF8Check.check(bytes, allowsLines: allowsLines) {
    case .fine: return Name(utf8: Array(bytes))
    case .malformed:
      throw Status(.stringEncoding, "a string in the \(type.name) section is not UTF-8", at: first)
    case .control:
      throw Status(
        .stringControl, "a string in the \(type.name) section holds a control character",
        at: first)
    }
  }

  /// Every byte of the section must have been read.
  func finish() throws(Status) {
    guard remaining == 0 else {
      throw Status(
        .sectionLong, "\(remaining) bytes after the last record of the \(type.name) section",
        at: offset)
    }
  }
}

/// The first name that equals an earlier one, if there is one.
func firstRepeat(_ names: [Name]) -> Int? {
  let order = indexes(names.count) { first, second in
    let difference = compareBytes(names[first], names[second])
    return difference != 0 ? difference < 0 : first < second
  }
  var found: Int?
  for (first, second) in zip(order, order.dropFirst())
  where compareBytes(names[first], names[second]) == 0 {
    found = min(found ?? second, second)
  }
  return found
}

/// Negative, zero or positive, as `a` comes before `b`, equals it, or comes after.
func compareBytes(_ a: Name, _ b: Name) -> Int {
  a.utf8.withUnsafeBufferPointer { a in
    b.utf8.withUnsafeBufferPointer { b in
      let common = min(a.count, b.count)
      if common > 0 {
        let difference = memcmp(a.baseAddress!, b.baseAddress!, common)
        if difference != 0 { return Int(difference) }
      }
      return a.count - b.count
    }
  }
}
