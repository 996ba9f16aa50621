/// Why something could not be done: a code of `mtlrt.h` (below 100) or a rule of `spec/format.md`
/// (100 and up), where in the file, and a sentence for a person.
public struct Status: Error {
  public let code: Int32
  /// Byte offset in the model file, where the fault has a place.
  public let offset: UInt64?
  public let message: Message

  public init(_ code: Int, _ message: Message, at offset: UInt64? = nil) {
    self.code = Int32(truncatingIfNeeded: code)
    self.offset = offset
    self.message = message
  }

  public var text: String { message.string }

  /// The same about the file `name`: its message begins with the name and ends with the place.
  public func of(file name: Message) -> Status {
    let place: Message = offset.map { " (byte \($0))" } ?? ""
    return Status(Int(code), "\(name): \(message)\(place)", at: offset)
  }
}
