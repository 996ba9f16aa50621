extension Reader {
  /// Fills `model.metadata`.
  static func readMetadata(
    _ cursor: inout SectionCursor, into model: inout Model
  ) throws(Status) {
    let count = try cursor.count(in: 1...Limits.metadata, .metadataCount, "entries")
    for _ in 0..<count {
      let place = cursor.offset
      let key = try cursor.name()
      if let previous = model.metadata.last?.key, compareBytes(previous, key) >= 0 {
        throw Status(
          .metadataOrder, "metadata key \(key) after \(previous): keys must ascend", at: place)
      }
      model.metadata.append((key: key, value: try cursor.text()))
    }
    try cursor.finish()
  }
}
