import CMTL
import MTLFormat

/// Writes model files, `spec/format.md`. The form is canonical: the same model gives the same
/// bytes, in whatever order its metadata stands.
public enum Writer {
  /// The file's bytes. Throws `MTLRT_E_ARGUMENT` for what cannot be written down, and the rule of
  /// the format that `model` breaks.
  public static func encode(_ model: Model) throws(Status) -> [UInt8] {
    let file = try encoded(model)
    return withExtendedLifetime(file) { Array(file.view) }
  }

  /// Writes the file under a temporary name, and renames it when it is complete on disk: `path`
  /// never holds half a model.
  public static func write(_ model: Model, to path: String) throws(Status) {
    let file = try encoded(model)
    try withExtendedLifetime(file) { () throws(Status) in
      try replaceFile(at: path, with: file.view)
    }
  }

  /// The file's bytes, aligned as a mapped file is. Errors: those of `encode`.
  public static func encoded(_ model: Model) throws(Status) -> Bytes {
    let file = try assemble(try sections(model), minor: model.leastMinor)
    // The hashes were made of these very bytes.
    try Reader.read(file).verifyWeights()
    return file
  }

  /// A section: some bytes, and data at places behind them.
  private struct Content {
    let type: SectionType
    var bytes: [UInt8] = []
    var data: [DataLayout.Part] = []
    /// Length of the section.
    let end: Int

    init(_ type: SectionType, _ encode: (inout ByteEncoder) throws(Status) -> Void) throws(Status) {
      var encoder = ByteEncoder()
      try encode(&encoder)
      (self.type, bytes, end) = (type, encoder.bytes, encoder.bytes.count)
    }

    init(_ type: SectionType, _ bytes: [UInt8], _ layout: DataLayout) {
      (self.type, self.bytes, data, end) = (type, bytes, layout.parts, layout.end)
    }
  }

  /// The sections that are there, in order of type.
  private static func sections(_ model: Model) throws(Status) -> [Content] {
    var weights = DataLayout(alignment: Layout.tensorAlignment)
    var sections = [
      try Content(.tensors) { encoder throws(Status) in
        try encoder.tensors(model.tensors, &weights)
      },
      try Content(.graph) { encoder throws(Status) in try encoder.graph(model) },
    ]
    if !model.tasks.isEmpty {
      sections.append(
        try Content(.tasks) { encoder throws(Status) in try encoder.tasks(model.tasks) })
    }
    if let preprocessing = model.preprocessing {
      sections.append(
        try Content(.preprocessing) { encoder throws(Status) in
          try encoder.preprocessing(preprocessing)
        })
    }
    if !model.metadata.isEmpty {
      sections.append(
        try Content(.metadata) { encoder throws(Status) in try encoder.metadata(model.metadata) })
    }
    if let selfTest = model.selfTest {
      sections.append(
        try Content(.selfTest) { encoder throws(Status) in try encoder.selfTest(selfTest) })
    }
    if !weights.parts.isEmpty { sections.append(Content(.weights, [], weights)) }
    if !model.packed.isEmpty {
      let records = 4 + model.packed.count * Layout.packedRecord
      var layout = DataLayout(alignment: Layout.packedAlignment, from: records)
      var encoder = ByteEncoder()
      try encoder.packed(model.packed, &layout)
      sections.append(Content(.packed, encoder.bytes, layout))
    }
    return sections
  }

  /// Header, table and sections in one piece of memory.
  private static func assemble(_ sections: [Content], minor: Int) throws(Status) -> Bytes {
    var end = Layout.header + sections.count * Layout.entry
    var offsets: [Int] = []
    for section in sections {
      offsets.append(Layout.align(end, to: section.type.alignment))
      end = offsets.last! + section.end
    }
    let file = try Bytes.allocate(end)
    let view = UnsafeMutableRawBufferPointer(mutating: file.view)
    var table = ByteEncoder()
    for (section, offset) in zip(sections, offsets) {
      let range = offset..<offset + section.end
      let target = UnsafeMutableRawBufferPointer(rebasing: view[range])
      target.copyBytes(from: section.bytes)
      for part in section.data {
        UnsafeMutableRawBufferPointer(rebasing: target[part.offset...]).copyMemory(from: part.bytes)
      }
      table.entry(section.type, file.view, range)
    }
    let header = ByteEncoder.header(
      minor: minor, fileSize: end, sections: sections.count, table: table.bytes)
    view.copyBytes(from: header + table.bytes)
    return file
  }
}

extension ByteEncoder {
  /// The header of a file with this table; `minor` is the lowest version that has all it uses.
  static func header(minor: Int, fileSize: Int, sections: Int, table: [UInt8]) -> [UInt8] {
    var header = ByteEncoder()
    header.raw(Layout.magic)
    header.u32(UInt32(FormatVersion.current.major) | UInt32(minor) << 16)
    header.u32(UInt32(Layout.header))
    header.u64(UInt64(fileSize))
    header.u32(UInt32(sections))
    header.u32(table.withUnsafeBytes { CRC32C.checksum($0) })
    header.u64(UInt64(Layout.header))
    header.u64(0)  // required features
    header.u64(0)  // optional features
    header.u32(header.bytes.withUnsafeBytes { CRC32C.checksum($0) })
    header.u32(0)
    return header.bytes
  }

  /// The table's entry for the section that `range` of `file` holds.
  mutating func entry(
    _ type: SectionType, _ file: UnsafeRawBufferPointer, _ range: Range<Int>
  ) {
    let content = UnsafeRawBufferPointer(rebasing: file[range])
    u32(type.rawValue)
    u32(type.flags)
    u64(UInt64(range.lowerBound))
    u64(UInt64(range.count))
    u32(CRC32C.checksum(content))
    u32(0)
    raw(SHA256.hash(content))
  }
}
