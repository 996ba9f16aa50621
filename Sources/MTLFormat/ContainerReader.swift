import CMTL

/// Header and section table: everything that must hold before any section is read.
struct ContainerReader {
  let version: FormatVersion
  let sections: [Section]

  init(_ file: UnsafeRawBufferPointer) throws(Status) {
    try Self.checkMagic(file)
    guard file.count >= Layout.header else {
      throw Status(
        .headerTruncated, "the file ends within the header, after \(file.count) of "
          + "\(Layout.header) bytes", at: UInt64(file.count))
    }
    // The header is read from one copy, so that every check sees the same bytes.
    let copy = try Bytes.copy(of: UnsafeRawBufferPointer(rebasing: file[..<Layout.header]))
    try Memory.check()
    let header = Header(copy)
    try header.check(fileSize: file.count)
    version = header.version
    let end = Layout.header + header.sectionCount * Layout.entry
    guard end <= file.count else {
      throw Status(
        .tableTruncated, "the table of \(header.sectionCount) sections ends at byte \(end), "
          + "beyond the end of the file", at: 24)
    }
    let table = try Bytes.copy(of: UnsafeRawBufferPointer(rebasing: file[Layout.header..<end]))
    try Memory.check()
    guard CRC32C.checksum(table.view) == header.tableChecksum else {
      throw Status(.tableChecksum, "the section table does not match its checksum", at: 28)
    }
    sections = try Self.sections(of: table, fileSize: file.count)
    try Self.checkPadding(file, sections)
    try Self.checkPresence(sections)
  }

  private static func checkMagic(_ file: UnsafeRawBufferPointer) throws(Status) {
    for (index, byte) in Layout.magic.enumerated() {
      guard index < file.count, file[index] == byte else {
        throw Status(
          .magic, file.isEmpty ? "an empty file" : "not an MTL model file", at: UInt64(index))
      }
    }
  }

  private static func sections(
    of table: Bytes, fileSize: Int
  ) throws(Status) -> [Section] {
    var sections: [Section] = []
    var end = Layout.header + table.view.count
    for start in stride(from: 0, to: table.view.count, by: Layout.entry) {
      let bytes = UnsafeRawBufferPointer(rebasing: table.view[start..<start + Layout.entry])
      let entry = TableEntry(bytes, place: UInt64(Layout.header + start))
      let section = try entry.section(after: sections.last, from: end, fileSize: fileSize)
      end = section.offset + section.length
      sections.append(section)
      try Memory.check()
    }
    guard end == fileSize else {
      throw Status(
        .trailingBytes, "\(fileSize - end) bytes after the last section", at: UInt64(end))
    }
    return sections
  }

  private static func checkPadding(
    _ file: UnsafeRawBufferPointer, _ sections: [Section]
  ) throws(Status) {
    var end = Layout.header + sections.count * Layout.entry
    for section in sections {
      for index in end..<section.offset where file[index] != 0 {
        throw Status(
          .padding, "a byte that is not zero in the padding before a section", at: UInt64(index))
      }
      end = section.offset + section.length
    }
  }

  private static func checkPresence(_ sections: [Section]) throws(Status) {
    for type in [SectionType.tensors, .graph] {
      guard sections.contains(where: { $0.type == type.rawValue }) else {
        throw Status(
          .sectionMissing, "there is no \(type.name) section", at: UInt64(Layout.header))
      }
    }
    var total = Layout.header + sections.count * Layout.entry
    for (index, section) in sections.enumerated() {
      guard let type = SectionType(rawValue: section.type), type.isSmall else { continue }
      // No overflow: the sum of lengths is below the size of the file.
      total += section.length
      guard total <= Limits.smallBytes else {
        throw Status(
          .smallSectionsLimit, "the sections before the weights have \(total) bytes; at most "
            + "\(Limits.smallBytes) are allowed",
          at: Section.place(index) + 16)
      }
    }
  }
}

/// The fixed header.
private struct Header {
  let bytes: Bytes

  init(_ bytes: Bytes) { self.bytes = bytes }

  private func u32(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: bytes.view.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  private func u64(_ offset: Int) -> UInt64 {
    UInt64(littleEndian: bytes.view.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  var version: FormatVersion {
    FormatVersion(major: Int(u32(8) & 0xFFFF), minor: Int(u32(8) >> 16))
  }
  var sectionCount: Int { Int(u32(24)) }
  var tableChecksum: UInt32 { u32(28) }

  func check(fileSize: Int) throws(Status) {
    guard version.major == FormatVersion.current.major else {
      throw Status(
        .majorVersion, "the file has format version \(version.major).\(version.minor); this "
          + "runtime reads version \(FormatVersion.current.major)", at: 8)
    }
    let summed = UnsafeRawBufferPointer(rebasing: bytes.view[..<Layout.headerSummed])
    guard CRC32C.checksum(summed) == u32(56) else {
      throw Status(.headerChecksum, "the header does not match its checksum", at: 56)
    }
    guard u32(60) == 0 else {
      throw Status(.headerReserved, "the reserved bytes of the header are not zero", at: 60)
    }
    guard u32(12) == UInt32(Layout.header) else {
      throw Status(.headerSize, "a header of \(u32(12)) bytes; 64 expected", at: 12)
    }
    guard u64(16) == UInt64(fileSize) else {
      throw Status(
        .fileSize, "the file has \(fileSize) bytes; its header says \(u64(16)). Was it cut short?",
        at: 16)
    }
    guard u64(40) == 0 else {
      throw Status(
        .requiredFeature, "the file needs feature \(u64(40).trailingZeroBitCount), which this "
          + "runtime does not have (the file has format version \(version.major)."
          + "\(version.minor), the runtime \(FormatVersion.current.major)."
          + "\(FormatVersion.current.minor))", at: 40)
    }
    guard (1...Limits.sections).contains(sectionCount) else {
      throw Status(
        .sectionCount, "\(sectionCount) sections; 1 to \(Limits.sections) are allowed", at: 24)
    }
    guard u64(32) == UInt64(Layout.header) else {
      throw Status(.tableOffset, "the section table is at \(u64(32)); 64 expected", at: 32)
    }
  }
}

/// One entry of the table as it stands in the file.
private struct TableEntry {
  let type, flags, checksum, reserved: UInt32
  let offset, length: UInt64
  let hash: [UInt8]
  /// Of the entry, in the file.
  let place: UInt64

  init(_ bytes: UnsafeRawBufferPointer, place: UInt64) {
    func u32(_ offset: Int) -> UInt32 {
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    func u64(_ offset: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    (type, flags, checksum, reserved) = (u32(0), u32(4), u32(24), u32(28))
    (offset, length) = (u64(8), u64(16))
    hash = Array(bytes[32..<64])
    self.place = place
  }

  /// The section, which follows `previous` and begins at the next boundary from `end` on.
  func section(
    after previous: Section?, from end: Int, fileSize: Int
  ) throws(Status) -> Section {
    guard type > previous?.type ?? 0 else {
      throw Status(
        .sectionOrder, "section type \(type) after type \(previous?.type ?? 0): types must "
          + "ascend", at: place)
    }
    let known = SectionType(rawValue: type)
    guard flags & ~Section.isRequired == 0, known == nil || flags == known!.flags else {
      throw Status(
        .sectionFlags, "section type \(type) has flags \(flags), which it cannot have",
        at: place + 4)
    }
    guard known != nil || flags & Section.isRequired == 0 else {
      throw Status(
        .requiredSection, "the file needs section type \(type), which this runtime does not know",
        at: place + 4)
    }
    guard reserved == 0 else {
      throw Status(
        .sectionReserved, "the reserved bytes of section type \(type) are not zero",
        at: place + 28)
    }
    let expected = Layout.align(end, to: known?.alignment ?? Layout.sectionAlignment)
    guard offset == UInt64(expected) else {
      throw Status(
        .sectionOffset, "section type \(type) is at byte \(offset); \(expected) expected",
        at: place + 8)
    }
    guard expected <= fileSize, length <= UInt64(fileSize - expected) else {
      throw Status(
        .sectionLength, "section type \(type) of \(length) bytes ends beyond the end of the file",
        at: place + 16)
    }
    return Section(
      type: type, flags: flags, offset: expected, length: Int(length), checksum: checksum,
      hash: hash)
  }
}

extension Section {
  /// Where entry `index` of the table stands in the file.
  static func place(_ index: Int) -> UInt64 { UInt64(Layout.header + index * Layout.entry) }
}
