extension ModelFile {
  /// Checks what needs every byte of the file: checksum and SHA-256 of every section, and
  /// `verifyWeights`. Reads the whole file.
  public func verifyHashes() throws(Status) {
    for (index, section) in sections.enumerated() {
      let range = section.offset..<section.offset + section.length
      let content = UnsafeRawBufferPointer(rebasing: bytes.view[range])
      guard CRC32C.checksum(content) == section.checksum else {
        throw Status(
          .sectionChecksum, "section type \(section.type) does not match its checksum",
          at: Section.place(index) + 24)
      }
      guard SHA256.hash(content) == section.hash else {
        throw Status(
          .sectionHash, "section type \(section.type) does not match its SHA-256",
          at: Section.place(index) + 32)
      }
    }
    try verifyWeights()
  }

  /// Checks that there are zeros between the constants, packed ones too, and that scales are
  /// numbers from 0 on.
  public func verifyWeights() throws(Status) {
    try checkPadding(
      .weights, from: 0,
      model.tensors.flatMap { [$0.data, $0.scales.map { UnsafeRawBufferPointer($0) }] })
    for tensor in model.tensors { try checkScales(tensor) }
    try checkPadding(
      .packed, from: 4 + model.packed.count * Layout.packedRecord, model.packed.map { $0.data })
  }

  /// Where `pointer` stands in the file.
  private func place(_ pointer: UnsafeRawPointer) -> UInt64 {
    UInt64(pointer - bytes.view.baseAddress!)
  }

  /// There are zeros between `parts`, which lie in a section from its byte `first` on.
  private func checkPadding(
    _ type: SectionType, from first: Int, _ parts: [UnsafeRawBufferPointer?]
  ) throws(Status) {
    guard let section = sections.first(where: { $0.type == type.rawValue }) else { return }
    var end = section.offset + first
    for part in parts {
      guard let part, let base = part.baseAddress else { continue }
      let start = Int(place(base))
      for index in end..<start where bytes.view[index] != 0 {
        throw Status(
          type == .weights ? .weightsPadding : .packedPadding,
          "a byte that is not zero between the data of the \(type.name) section",
          at: UInt64(index))
      }
      end = start + part.count
    }
  }

  private func checkScales(_ tensor: Tensor) throws(Status) {
    guard let scales = tensor.scales else { return }
    for (index, scale) in scales.enumerated() where !(scale.isFinite && scale >= 0) {
      throw Status(
        .scaleValue, "scale \(index) of constant \(tensor.name) is not a number from 0 on",
        at: place(scales.baseAddress! + index))
    }
  }
}
