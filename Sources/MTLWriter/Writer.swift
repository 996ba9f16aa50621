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
    var weights = WeightsLayout()
    let small = try smallSections(model, &weights)
    let file = try assemble(small, weights)
    // The hashes were made of these very bytes.
    try Reader.read(file).verifyWeights()
    return file
  }

  /// The sections that are there, in order of type, without the weights.
  private static func smallSections(
    _ model: Model, _ weights: inout WeightsLayout
  ) throws(Status) -> [(type: SectionType, bytes: [UInt8])] {
    var encoder = ByteEncoder()
    try encoder.tensors(model.tensors, &weights)
    var sections = [(type: SectionType.tensors, bytes: encoder.bytes)]
    encoder = ByteEncoder()
    try encoder.graph(model)
    sections.append((.graph, encoder.bytes))
    if !model.tasks.isEmpty {
      encoder = ByteEncoder()
      try encoder.tasks(model.tasks)
      sections.append((.tasks, encoder.bytes))
    }
    if let preprocessing = model.preprocessing {
      encoder = ByteEncoder()
      try encoder.preprocessing(preprocessing)
      sections.append((.preprocessing, encoder.bytes))
    }
    if !model.metadata.isEmpty {
      encoder = ByteEncoder()
      try encoder.metadata(model.metadata)
      sections.append((.metadata, encoder.bytes))
    }
    if let selfTest = model.selfTest {
      encoder = ByteEncoder()
      try encoder.selfTest(selfTest)
      sections.append((.selfTest, encoder.bytes))
    }
    return sections
  }

  /// Header, table and sections in one piece of memory.
  private static func assemble(
    _ small: [(type: SectionType, bytes: [UInt8])], _ weights: WeightsLayout
  ) throws(Status) -> Bytes {
    let count = small.count + (weights.parts.isEmpty ? 0 : 1)
    var end = Layout.header + count * Layout.entry
    var offsets: [Int] = []
    for (type, bytes) in small {
      offsets.append(Layout.align(end, to: type.alignment))
      end = offsets.last! + bytes.count
    }
    let weightsStart = Layout.align(end, to: SectionType.weights.alignment)
    if !weights.parts.isEmpty { end = weightsStart + weights.end }
    let file = try Bytes.allocate(end)
    let view = UnsafeMutableRawBufferPointer(mutating: file.view)
    var table = ByteEncoder()
    for ((type, bytes), offset) in zip(small, offsets) {
      UnsafeMutableRawBufferPointer(rebasing: view[offset...]).copyBytes(from: bytes)
      table.entry(type, file.view, offset..<offset + bytes.count)
    }
    if !weights.parts.isEmpty {
      for part in weights.parts {
        UnsafeMutableRawBufferPointer(rebasing: view[(weightsStart + part.offset)...])
          .copyMemory(from: part.bytes)
      }
      table.entry(.weights, file.view, weightsStart..<end)
    }
    let header = ByteEncoder.header(fileSize: end, sections: count, table: table.bytes)
    view.copyBytes(from: header + table.bytes)
    return file
  }
}

extension ByteEncoder {
  /// The header of a file with this table.
  static func header(fileSize: Int, sections: Int, table: [UInt8]) -> [UInt8] {
    var header = ByteEncoder()
    header.raw(Layout.magic)
    let version = FormatVersion.current
    header.u32(UInt32(version.major) | UInt32(version.minor) << 16)
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
