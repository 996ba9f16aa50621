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

  /// A regular file, mapped for reading. Whoever shortens the file while it is mapped makes reads
  /// beyond its new end fatal (SIGBUS): replace model files by renaming, never in place.
  public static func map(path: UnsafePointer<CChar>) throws(Status) -> Bytes {
    let name = Message(cString: path)
    func failure(_ what: Message) -> Status {
      Status(MTLRT_E_IO, "\(name): \(what): \(Message(cString: strerror(mtl_errno())))")
    }
    let file = mtl_open_to_read(path)
    guard file >= 0 else { throw failure("cannot open") }
    defer { close(file) }
    var information = stat()
    guard fstat(file, &information) == 0 else { throw failure("cannot read its size") }
    guard mtl_is_regular(&information) != 0 else {
      throw Status(MTLRT_E_IO, "\(name): not a regular file")
    }
    let count = Int(information.st_size)
    if count == 0 { return Bytes(UnsafeRawBufferPointer(start: nil, count: 0), .borrowed) }
    guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, file, 0), base != mtl_map_failed()
    else {
      throw failure("cannot map")
    }
    // Large pages take a thirtieth of the page faults. What is read from the disk now lies in
    // them for later processes too.
    madvise(base, count, MADV_HUGEPAGE)
    return Bytes(UnsafeRawBufferPointer(start: base, count: count), .mapped)
  }
}
