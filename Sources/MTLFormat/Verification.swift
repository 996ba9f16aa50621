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

  /// Checks that there are zeros between the constants, and that scales are numbers from 0 on.
  public func verifyWeights() throws(Status) {
    try checkWeightsPadding()
    for tensor in model.tensors { try checkScales(tensor) }
  }

  /// Where `pointer` stands in the file.
  private func place(_ pointer: UnsafeRawPointer) -> UInt64 {
    UInt64(pointer - bytes.view.baseAddress!)
  }

  private func checkWeightsPadding() throws(Status) {
    guard let section = sections.first(where: { $0.type == SectionType.weights.rawValue })
    else { return }
    var end = section.offset
    for tensor in model.tensors {
      for part in [tensor.data, tensor.scales.map { UnsafeRawBufferPointer($0) }] {
        guard let part, let base = part.baseAddress else { continue }
        let start = Int(place(base))
        for index in end..<start where bytes.view[index] != 0 {
          throw Status(
            .weightsPadding, "a byte that is not zero between the constants", at: UInt64(index))
        }
        end = start + part.count
      }
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
