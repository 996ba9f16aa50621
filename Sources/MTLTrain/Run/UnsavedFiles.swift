import MTLFormat
import MTLWriter

/// Files of a run that are to be written. What a full disk refuses waits here until it can be, and
/// the run goes on.
struct UnsavedFiles {
  private var files: [(path: String, bytes: [UInt8])] = []

  /// In the place of an older version that still waits, and after everything else that does.
  mutating func add(_ bytes: [UInt8], at path: String) {
    files.removeAll { $0.path == path }
    files.append((path, bytes))
  }

  mutating func add(_ text: String, at path: String) { add(Array(text.utf8), at: path) }

  /// Writes them in their order, none after one that failed: no file in the folder is newer than
  /// what was added before it.
  mutating func write() throws(Status) {
    while let file = files.first {
      try file.bytes.withUnsafeBufferPointer { (bytes) throws(Status) in
        try replaceFile(at: file.path, with: UnsafeRawBufferPointer(bytes))
      }
      files.removeFirst()
    }
  }
}
