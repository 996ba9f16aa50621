import CMTL
import MTLFormat

/// A zero-terminated copy of a text, for pointers that cross the C border.
final class CString {
  let pointer: UnsafeMutablePointer<CChar>

  init(_ bytes: [UInt8]) {
    pointer = .allocate(capacity: bytes.count + 1)
    for (index, byte) in bytes.enumerated() { pointer[index] = CChar(bitPattern: byte) }
    pointer[bytes.count] = 0
  }

  convenience init(_ text: String) { self.init(Array(text.utf8)) }
  convenience init(_ name: Name) { self.init(name.utf8) }

  deinit { pointer.deallocate() }
}

/// The bytes of a zero-terminated text without the zero.
func bytes(of text: UnsafePointer<CChar>) -> [UInt8] {
  UnsafeRawBufferPointer(start: text, count: strlen(text)).map { $0 }
}

/// Calls `body` with a zero-terminated copy of `text`, which lives as long as the call.
func withCString<Result>(
  _ text: [UInt8], _ body: (UnsafePointer<CChar>) -> Result
) -> Result {
  let copy = CString(text)
  return withExtendedLifetime(copy) { body(copy.pointer) }
}
