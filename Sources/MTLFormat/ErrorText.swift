import CMTL

extension UnsafeMutablePointer<mtlrt_error> {
  /// Room for the text, its ending zero included.
  private static var capacity: Int { MemoryLayout<mtlrt_error>.size - textOffset }
  /// The text follows the code.
  private static var textOffset: Int { MemoryLayout<Int32>.size }

  /// Writes what went wrong, cut at the end of a character where it is too long.
  public func set(_ status: Status) {
    pointee.code = status.code
    let bytes = status.message.utf8
    var count = Swift.min(bytes.count, Self.capacity - 1)
    // Never cut a character: its later bytes all begin with the bits 10.
    while count > 0, count < bytes.count, bytes[count] & 0xC0 == 0x80 { count -= 1 }
    let text = UnsafeMutableRawPointer(self) + Self.textOffset
    for index in 0..<count {
      text.storeBytes(of: bytes[index], toByteOffset: index, as: UInt8.self)
    }
    text.storeBytes(of: 0, toByteOffset: count, as: UInt8.self)
  }

  /// The text that a module left here.
  public var message: Message {
    let text = UnsafeMutableRawPointer(self) + Self.textOffset
    var bytes: [UInt8] = []
    for index in 0..<Self.capacity {
      let byte = text.load(fromByteOffset: index, as: UInt8.self)
      if byte == 0 { break }
      bytes.append(byte)
    }
    return Message(utf8: bytes)
  }
}

/// Runs `body`; writes a failure to `destination` and returns its code, or 0.
public func reporting(
  to destination: UnsafeMutablePointer<mtlrt_error>?, _ body: () throws(Status) -> Void
) -> Int32 {
  do throws(Status) {
    try body()
    return Int32(MTLRT_OK)
  } catch {
    destination?.set(error)
    return error.code
  }
}
