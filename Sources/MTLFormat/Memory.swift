import CMTL

/// What code does about memory that has run out, which `mtl_memory.h` describes.
public enum Memory {
  /// Throws if an allocation of this thread has failed. In loops over what a file holds: what is
  /// allocated from the failure to the next check comes out of a reserve of limited size.
  public static func check() throws(Status) {
    guard mtl_memory_failed() == 0 else { throw Status.outOfMemory }
  }
}

extension Status {
  /// Its text is added when it is reported: there is no memory for one now.
  public static var outOfMemory: Status { Status(MTLRT_E_MEMORY, Message()) }
}

/// Room for what a call allocates once allocations fail, until the call has noticed.
public final class Reserve {
  /// Lists that are made of this many bytes of a file take no more than the reserve for it, even
  /// one that has just doubled its room.
  private static let bytesPerByte = 8

  private let handle: Int32

  private init(_ handle: Int32) { self.handle = handle }

  /// - Parameter bytes: of the file's sections that the call makes lists of.
  public static func add(forSections bytes: Int) throws(Status) -> Reserve {
    let handle = mtl_reserve_add(bytesPerByte * bytes + 4096)
    guard handle != Int32(MTL_RESERVE_NO_MEMORY) else { throw .outOfMemory }
    return Reserve(handle)
  }

  deinit { if handle >= 0 { mtl_reserve_remove(handle) } }
}
