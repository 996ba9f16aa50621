/// Constants as a backend packs them, so that it need not do so when the model is opened.
public struct PackedConstants {
  public var key: PackedKey
  /// In the file's memory or the maker's, who keeps them alive.
  public var data: UnsafeRawBufferPointer

  public init(key: PackedKey, data: UnsafeRawBufferPointer) {
    self.key = key
    self.data = data
  }
}

/// What packed constants were made of and by what: a SHA-256. The format knows nothing of its
/// content but the order, that of its bytes.
public struct PackedKey: Comparable, Sendable {
  static let byteCount = 32
  /// The bytes, eight in each, the first one on top.
  private let words: SIMD4<UInt64>

  /// - Parameter bytes: 32 of them.
  public init(_ bytes: UnsafeRawBufferPointer) {
    var words = SIMD4<UInt64>()
    for index in 0..<4 {
      words[index] = UInt64(
        bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
    }
    self.words = words
  }

  public var bytes: [UInt8] {
    (0..<Self.byteCount).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(56 - $0 % 8 * 8)) }
  }

  public static func < (a: PackedKey, b: PackedKey) -> Bool {
    for index in 0..<4 where a.words[index] != b.words[index] {
      return a.words[index] < b.words[index]
    }
    return false
  }
}

extension Model {
  /// The packed constants with this key, if the file that the model was read from has any.
  public func packed(_ key: PackedKey) -> UnsafeRawBufferPointer? {
    var (first, end) = (0, packed.count)
    while first < end {
      let middle = (first + end) / 2
      if packed[middle].key < key { first = middle + 1 } else { end = middle }
    }
    return first < packed.count && packed[first].key == key ? packed[first].data : nil
  }
}

extension Reader {
  /// Fills `model.packed`. The records are copied before they are read; the data stay where they
  /// are and no page of them is touched.
  static func readPacked(
    _ sections: [Section], _ file: UnsafeRawBufferPointer, into model: inout Model
  ) throws(Status) {
    guard let index = sections.firstIndex(where: { $0.type == SectionType.packed.rawValue })
    else { return }
    let section = sections[index]
    let content = UnsafeRawBufferPointer(
      rebasing: file[section.offset..<section.offset + section.length])
    var head = try cursor(section, content, first: 4)
    let count = try head.count(in: 1...Limits.packed, .packedCount, "records")
    let records = 4 + count * Layout.packedRecord
    var cursor = try cursor(section, content, first: records)
    _ = try cursor.u32()
    var end = records
    for _ in 0..<count {
      model.packed.append(
        try readRecord(&cursor, content, after: model.packed.last?.key, from: &end))
    }
    guard end == content.count else {
      throw Status(
        .packedEnd, "the packed section has \(content.count) bytes; its data end at \(end)",
        at: Section.place(index) + 16)
    }
  }

  /// Over the first `count` bytes of the section, or all if it has fewer.
  private static func cursor(
    _ section: Section, _ content: UnsafeRawBufferPointer, first count: Int
  ) throws(Status) -> SectionCursor {
    let copy = try Bytes.copy(of: UnsafeRawBufferPointer(rebasing: content.prefix(count)))
    return SectionCursor(section, type: .packed, copy: copy)
  }

  private static func readRecord(
    _ cursor: inout SectionCursor, _ content: UnsafeRawBufferPointer, after previous: PackedKey?,
    from end: inout Int
  ) throws(Status) -> PackedConstants {
    var place = cursor.offset
    let key = PackedKey(try cursor.take(PackedKey.byteCount))
    guard previous.map({ $0 < key }) ?? true else {
      throw Status(.packedOrder, "keys of the packed section must ascend", at: place)
    }
    place = cursor.offset
    let length = try cursor.u64()
    guard length > 0 else { throw Status(.packedLength, "packed data of no bytes", at: place) }
    place = cursor.offset
    let offset = try cursor.u64()
    let expected = Layout.align(end, to: Layout.packedAlignment)
    guard offset == UInt64(expected) else {
      throw Status(
        .packedOffset, "packed data at \(offset) of their section; \(expected) expected", at: place)
    }
    guard expected <= content.count, length <= UInt64(content.count - expected) else {
      throw Status(
        .packedBounds, "\(length) bytes of packed data do not fit into their section", at: place)
    }
    end = expected + Int(length)
    return PackedConstants(
      key: key, data: UnsafeRawBufferPointer(rebasing: content[expected..<end]))
  }
}
