import CMTL

/// Reads a model file: checks every rule of `spec/format.md` but those of the operators (4xx) and
/// those that need every byte of the weights (`ModelFile.verifyHashes`). There is no way to read
/// less carefully. The order of the checks is part of the format: a file that breaks several rules
/// has one verdict.
public enum Reader {
  /// `bytes` begin at a multiple of 64. The sections that are parsed are copied first, so that a
  /// file that changes meanwhile cannot be seen in two states; the weights stay where they are and
  /// no page of them is touched.
  public static func read(_ bytes: Bytes) throws(Status) -> ModelFile {
    if let base = bytes.view.baseAddress, Int(bitPattern: base) % 64 != 0 {
      throw Status(MTLRT_E_ARGUMENT, "a model in memory must begin at a multiple of 64 bytes")
    }
    let container = try ContainerReader(bytes.view)
    let reserve = try Reserve.add(forSections: container.sections.smallBytes)
    defer { withExtendedLifetime(reserve) {} }
    var cursors = try Cursors(bytes.view, container.sections)
    var model = Model()
    let tensorOffsets = try readTensors(&cursors, bytes.view, into: &model)
    let nodeOffsets = try readGraph(&cursors.graph, tensorOffsets, into: &model)
    if cursors.tasks != nil { try readTasks(&cursors.tasks!, into: &model) }
    if cursors.preprocessing != nil {
      try readPreprocessing(&cursors.preprocessing!, into: &model)
    }
    if cursors.metadata != nil { try readMetadata(&cursors.metadata!, into: &model) }
    if cursors.selfTest != nil { try readSelfTest(&cursors.selfTest!, into: &model) }
    try readPacked(container.sections, bytes.view, into: &model)
    try Memory.check()
    return ModelFile(
      model: model, bytes: bytes, sections: container.sections, version: container.version,
      nodeOffsets: nodeOffsets)
  }
}

/// A cursor over a private copy of each section that is parsed; checksums hold.
struct Cursors {
  var tensors: SectionCursor
  var graph: SectionCursor
  var tasks: SectionCursor?
  var preprocessing: SectionCursor?
  var metadata: SectionCursor?
  var selfTest: SectionCursor?
  /// The weights section, and where its entry stands in the file.
  let weights: Section?
  let weightsPlace: UInt64

  init(_ file: UnsafeRawBufferPointer, _ sections: [Section]) throws(Status) {
    var cursors: [SectionCursor?] = Array(
      repeating: nil, count: Int(SectionType.weights.rawValue))
    for (index, section) in sections.enumerated() {
      guard let type = SectionType(rawValue: section.type), type.isSmall else { continue }
      try Memory.check()
      let range = section.offset..<section.offset + section.length
      let copy = try Bytes.copy(of: UnsafeRawBufferPointer(rebasing: file[range]))
      guard CRC32C.checksum(copy.view) == section.checksum else {
        throw Status(
          .sectionChecksum, "the \(type.name) section does not match its checksum",
          at: Section.place(index) + 24)
      }
      cursors[Int(section.type)] = SectionCursor(section, type: type, copy: copy)
    }
    func cursor(_ type: SectionType) -> SectionCursor? { cursors[Int(type.rawValue)] }
    // The container has both, or it would not be here.
    tensors = cursor(.tensors)!
    graph = cursor(.graph)!
    tasks = cursor(.tasks)
    preprocessing = cursor(.preprocessing)
    metadata = cursor(.metadata)
    selfTest = cursor(.selfTest)
    let index = sections.firstIndex { $0.type == SectionType.weights.rawValue }
    weights = index.map { sections[$0] }
    weightsPlace = Section.place(index ?? 0)
  }
}
