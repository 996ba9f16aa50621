import CMTL

extension UnsafeMutablePointer<mtlrt_error> {
  /// Room for the text, its ending zero included.
  private static var capacity: Int { MemoryLayout<mtlrt_error>.size - textOffset }
  /// The text follows the code.
  private static var textOffset: Int { MemoryLayout<Int32>.size }

  /// Writes what went wrong, as UTF-8 whatever bytes a file name in it has, cut at the end of a
  /// character where it is too long.
  public func set(_ status: Status) {
    pointee.code = status.code
    let text = (UnsafeMutableRawPointer(self) + Self.textOffset)
      .assumingMemoryBound(to: UInt8.self)
    let room = UnsafeMutableBufferPointer(start: text, count: Self.capacity - 1)
    var end = 0
    if status.message.isEmpty, status.code == Int32(MTLRT_E_MEMORY) {
      ("not enough memory" as StaticString).withUTF8Buffer { end = copyUTF8($0, to: room) }
    } else {
      status.message.utf8.withUnsafeBufferPointer { end = copyUTF8($0, to: room) }
    }
    text[end] = 0
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

/// Runs `body`; writes a failure to `destination` and returns its code, or 0. A body that hands
/// something out calls `Memory.check` before that.
public func reporting(
  to destination: UnsafeMutablePointer<mtlrt_error>?, _ body: () throws(Status) -> Void
) -> Int32 {
  var code = Int32(MTLRT_OK)
  do throws(Status) {
    try body()
  } catch {
    destination?.set(error)
    code = error.code
  }
  if mtl_memory_forget() != 0, code != Int32(MTLRT_E_MEMORY) {
    destination?.set(.outOfMemory)
    code = Int32(MTLRT_E_MEMORY)
  }
  return code
}
