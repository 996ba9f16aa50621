import MTLFormat

/// The entries of a zip file that are stored as they are.
struct ZipArchive {
  private let bytes: UnsafeRawBufferPointer
  private var entries: [String: Range<Int>] = [:]

  private static let entriesMost = 1 << 12

  /// Errors: not a zip file, or a damaged one.
  init(_ bytes: UnsafeRawBufferPointer) throws(ImportError) {
    self.bytes = bytes
    // The end record stands before a comment of at most 64 KiB.
    let first = max(0, bytes.count - 22 - 65535)
    guard bytes.count >= 22,
      let end = (first...bytes.count - 22).last(where: { (try? number($0, 4)) == 0x0605_4B50 })
    else { throw ImportError("not a zip file") }
    let count = try number(end + 10, 2)
    guard count <= Self.entriesMost else { throw ImportError("a zip file of \(count) entries") }
    var position = try number(end + 16, 4)
    for _ in 0..<count { position = try readEntry(at: position) }
  }

  /// An entry's bytes. Errors: there is none of that name.
  func entry(_ name: String) throws(ImportError) -> UnsafeRawBufferPointer {
    guard let range = entries[name] else { throw ImportError("there is no '\(name)' in the file") }
    return UnsafeRawBufferPointer(rebasing: bytes[range])
  }

  /// Reads a record of the directory; returns where the next one begins.
  private mutating func readEntry(at start: Int) throws(ImportError) -> Int {
    guard try number(start, 4) == 0x0201_4B50 else { throw fault(start) }
    let (method, size) = (try number(start + 10, 2), try number(start + 20, 4))
    let nameCount = try number(start + 28, 2)
    let rest = try number(start + 30, 2) + number(start + 32, 2)
    let local = try number(start + 42, 4)
    guard nameCount <= bytes.count - start - 46 else { throw fault(start) }
    let name = String(decoding: bytes[start + 46..<start + 46 + nameCount], as: UTF8.self)
    // The local header has a name and extra fields of its own lengths.
    guard try number(local, 4) == 0x0403_4B50 else { throw fault(local) }
    let content = try local + 30 + number(local + 26, 2) + number(local + 28, 2)
    guard content <= bytes.count, size <= bytes.count - content else { throw fault(local) }
    guard method == 0 else {
      throw ImportError("'\(name)' is compressed; Keras stores what it writes")
    }
    entries[name] = content..<content + size
    return start + 46 + nameCount + rest
  }

  private func number(_ start: Int, _ count: Int) throws(ImportError) -> Int {
    guard start >= 0, start <= bytes.count, count <= bytes.count - start else {
      throw fault(start)
    }
    return (0..<count).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
  }

  private func fault(_ place: Int) -> ImportError {
    ImportError("byte \(place): the zip file is damaged")
  }
}
