import CMTL

/// All bytes of a file, or of standard input, in memory.
public final class FileContent {
  public let bytes: UnsafeRawBufferPointer

  /// Most bytes that are read: nothing that these commands take is larger.
  public static let limit = 1 << 30

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  deinit { free(UnsafeMutableRawPointer(mutating: bytes.baseAddress)) }

  /// Throws what the system says, without the path.
  public static func read(_ path: Path) throws(Failure) -> FileContent {
    guard let file = path.withCString({ fopen($0, "rbe") }) else { throw systemFailure() }
    defer { fclose(file) }
    return try read(file)
  }

  /// What comes out of a pipe, such as a shell's `<(…)`; nil if `path` is something else.
  public static func readPipe(_ path: Path) throws(Failure) -> FileContent? {
    guard path.withCString({ mtl_is_pipe($0) }) != 0 else { return nil }
    do throws(Failure) {
      return try read(path)
    } catch {
      throw Failure(.unreadableModel, "\(path.text): \(error.text)")
    }
  }

  public static func readStandardInput() throws(Failure) -> FileContent {
    try read(mtl_stdin())
  }

  /// A failure with the system's words for what just went wrong.
  static func systemFailure() -> Failure {
    Failure(.someFailed, String(cString: strerror(mtl_errno())))
  }

  private static func read(_ file: UnsafeMutablePointer<FILE>) throws(Failure) -> FileContent {
    var capacity = 1 << 16
    var count = 0
    var memory = malloc(capacity)
    while let start = memory {
      count += fread(start + count, 1, capacity - count, file)
      if count < capacity { break }
      capacity *= 2
      guard capacity <= 2 * limit else {
        free(start)
        throw Failure(.someFailed, "it has more than \(limit) bytes")
      }
      memory = realloc(start, capacity)
      if memory == nil { free(start) }
    }
    guard let memory else { throw Failure(.someFailed, "not enough memory to read it") }
    if ferror(file) != 0 {
      let failure = systemFailure()
      free(memory)
      throw failure
    }
    return FileContent(UnsafeRawBufferPointer(start: memory, count: count))
  }
}
