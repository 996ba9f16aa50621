import CModelFiles
import MTLFormat

/// The entries of a zip file, stored as they are or deflated.
package struct ZipArchive {
  private let owner: Bytes
  private var entries: [String: Entry] = [:]

  private struct Entry {
    let content: Range<Int>
    let isDeflated: Bool
    /// Of what it is decompressed to.
    let size: Int
    let checksum: UInt32
  }

  /// What an entry holds, in memory that `owner` keeps.
  package struct Content {
    package let view: UnsafeRawBufferPointer
    package let owner: Bytes
  }

  private static let entriesMost = 1 << 12
  /// Most bytes that an entry may decompress to.
  package static let sizeMost = 1 << 31
  /// Deflate makes at most so many bytes of one.
  private static let factorMost = 1032

  private var bytes: UnsafeRawBufferPointer { owner.view }

  /// Errors: not a zip file, or a damaged one.
  package init(_ owner: Bytes) throws(ImportError) {
    self.owner = owner
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

  package var names: [String] { entries.keys.sorted() }

  /// An entry's bytes, of which there may be `most`.
  ///
  /// Errors: there is none of that name, it is too large, its checksum is another.
  package func entry(
    _ name: String, most: Int = ZipArchive.sizeMost
  ) throws(ImportError) -> Content {
    guard let entry = entries[name] else { throw ImportError("there is no '\(name)' in the file") }
    guard entry.size <= most else {
      throw ImportError("'\(name)' has \(entry.size) bytes, at most \(most) are read")
    }
    let stored = UnsafeRawBufferPointer(rebasing: bytes[entry.content])
    let content =
      entry.isDeflated
      ? try inflated(name, stored, size: entry.size) : Content(view: stored, owner: owner)
    guard mtl_crc32(content.view.baseAddress, entry.size) == entry.checksum else {
      throw ImportError("'\(name)' is damaged: its checksum is another")
    }
    return content
  }

  private func inflated(
    _ name: String, _ stored: UnsafeRawBufferPointer, size: Int
  ) throws(ImportError) -> Content {
    // So the memory that is set aside is in proportion to the file.
    guard size / Self.factorMost <= stored.count else {
      throw ImportError("'\(name)' cannot have \(size) bytes, compressed to \(stored.count)")
    }
    guard let memory = try? Bytes.allocate(size) else {
      throw ImportError("not enough memory for the \(size) bytes of '\(name)'")
    }
    let target = UnsafeMutableRawPointer(mutating: memory.view.baseAddress!)
    guard mtl_inflate(stored.baseAddress, stored.count, target, size) else {
      throw ImportError("'\(name)' does not decompress to its \(size) bytes")
    }
    return Content(view: memory.view, owner: memory)
  }

  /// Reads a record of the directory; returns where the next one begins.
  private mutating func readEntry(at start: Int) throws(ImportError) -> Int {
    guard try number(start, 4) == 0x0201_4B50 else { throw fault(start) }
    let (flags, method) = (try number(start + 8, 2), try number(start + 10, 2))
    let checksum = UInt32(try number(start + 16, 4))
    let (stored, size) = (try number(start + 20, 4), try number(start + 24, 4))
    let nameCount = try number(start + 28, 2)
    let rest = try number(start + 30, 2) + number(start + 32, 2)
    let local = try number(start + 42, 4)
    guard nameCount <= bytes.count - start - 46 else { throw fault(start) }
    let name = String(decoding: bytes[start + 46..<start + 46 + nameCount], as: UTF8.self)
    // The local header has a name and extra fields of its own lengths.
    guard try number(local, 4) == 0x0403_4B50 else { throw fault(local) }
    let content = try local + 30 + number(local + 26, 2) + number(local + 28, 2)
    guard content <= bytes.count, stored <= bytes.count - content else { throw fault(local) }
    guard flags & 1 == 0 else { throw ImportError("'\(name)' is encrypted") }
    guard method == 0 || method == 8 else {
      throw ImportError("'\(name)' is compressed by method \(method), neither stored nor deflated")
    }
    guard method == 8 || stored == size else { throw fault(start) }
    entries[name] = Entry(
      content: content..<content + stored, isDeflated: method == 8, size: size, checksum: checksum)
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
