import CMTL

/// Read-only bytes with an owner: a mapped file, memory of ours, or what somebody else keeps.
public final class Bytes {
  private enum Ownership {
    case borrowed, allocated, mapped
  }

  public let view: UnsafeRawBufferPointer
  private let ownership: Ownership

  private init(_ view: UnsafeRawBufferPointer, _ ownership: Ownership) {
    self.view = view
    self.ownership = ownership
  }

  deinit {
    guard let base = view.baseAddress else { return }
    switch ownership {
    case .borrowed: break
    case .allocated: free(UnsafeMutableRawPointer(mutating: base))
    case .mapped: munmap(UnsafeMutableRawPointer(mutating: base), view.count)
    }
  }

  /// Bytes that the caller keeps alive and unchanged.
  public static func borrowed(_ view: UnsafeRawBufferPointer) -> Bytes { Bytes(view, .borrowed) }

  /// A private copy, aligned to 64 bytes.
  public static func copy(of source: UnsafeRawBufferPointer) throws(Status) -> Bytes {
    let bytes = try allocate(source.count)
    UnsafeMutableRawBufferPointer(mutating: bytes.view).copyMemory(from: source)
    return bytes
  }

  /// Zeroed memory, aligned to 64 bytes, to be filled through a mutable view
  /// before anybody else sees it.
  public static func allocate(_ count: Int) throws(Status) -> Bytes {
    var base: UnsafeMutableRawPointer?
    guard posix_memalign(&base, 64, max(count, 1)) == 0, let base else {
      throw Status(MTLRT_E_MEMORY, "not enough memory for \(count) bytes")
    }
    memset(base, 0, max(count, 1))
    return Bytes(UnsafeRawBufferPointer(start: base, count: count), .allocated)
  }

  /// A regular file, mapped for reading. Shortening the file while it is mapped makes reads beyond
  /// its new end fatal (SIGBUS): replace model files by renaming, never in place.
  public static func map(path: UnsafePointer<CChar>) throws(Status) -> Bytes {
    let (file, count) = try open(path)
    defer { close(file) }
    if count == 0 { return Bytes(UnsafeRawBufferPointer(start: nil, count: 0), .borrowed) }
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, file, 0), base != mtl_map_failed()
    else {
      throw failure(path, "cannot map")
    }
    // Large pages take a thirtieth of the page faults. What is read from the disk now lies in
    // them for later processes too.
    madvise(base, count, MADV_HUGEPAGE)
    return Bytes(UnsafeRawBufferPointer(start: base, count: count), .mapped)
  }

  /// A regular file, read into memory of ours: whatever becomes of the file, the bytes stay.
  public static func read(path: UnsafePointer<CChar>) throws(Status) -> Bytes {
    let (file, count) = try open(path)
    defer { close(file) }
    let bytes = try allocate(count)
    let target = UnsafeMutableRawPointer(mutating: bytes.view.baseAddress!)
    var end = 0
    while end < count {
      let part = pread(file, target + end, count - end, off_t(end))
      if part < 0, mtl_errno() == EINTR { continue }
      guard part > 0 else {
        if part < 0 { throw failure(path, "cannot read") }
        throw Status(MTLRT_E_IO, "\(Message(cString: path)): became shorter while it was read")
      }
      end += part
    }
    return bytes
  }

  /// A regular file, mapped; or what comes out of a pipe until its writers have closed it.
  public static func mapOrReadPipe(path: UnsafePointer<CChar>) throws(Status) -> Bytes {
    try mtl_is_pipe(path) != 0 ? readPipe(path) : map(path: path)
  }

  private static func readPipe(_ path: UnsafePointer<CChar>) throws(Status) -> Bytes {
    guard let pipe = fopen(path, "rbe") else { throw failure(path, "cannot open") }
    defer { fclose(pipe) }
    var (bytes, count) = (try allocate(1 << 16), 0)
    while true {
      let room = UnsafeMutableRawPointer(mutating: bytes.view.baseAddress!) + count
      let part = fread(room, 1, bytes.view.count - count, pipe)
      count += part
      if part == 0 { break }
      guard count == bytes.view.count else { continue }
      let larger = try allocate(2 * count)
      UnsafeMutableRawBufferPointer(mutating: larger.view).copyMemory(from: bytes.view)
      bytes = larger
    }
    guard ferror(pipe) == 0 else { throw failure(path, "cannot read") }
    return try copy(of: UnsafeRawBufferPointer(rebasing: bytes.view[..<count]))
  }

  private static func open(
    _ path: UnsafePointer<CChar>
  ) throws(Status) -> (file: Int32, count: Int) {
    let file = mtl_open_to_read(path)
    guard file >= 0 else { throw failure(path, "cannot open") }
    var information = stat()
    guard fstat(file, &information) == 0 else {
      defer { close(file) }
      throw failure(path, "cannot read its size")
    }
    guard mtl_is_regular(&information) != 0 else {
      close(file)
      throw Status(
        MTLRT_E_IO,
        "\(Message(cString: path)): not a regular file; what comes from a pipe can be read into "
          + "memory and opened there")
    }
    return (file, Int(information.st_size))
  }

  /// Why a call of the system failed just now.
  private static func failure(_ path: UnsafePointer<CChar>, _ what: Message) -> Status {
    let number = mtl_errno()
    if number == ENOMEM { return .outOfMemory }
    return Status(
      MTLRT_E_IO, "\(Message(cString: path)): \(what): \(Message(cString: strerror(number)))")
  }
}
