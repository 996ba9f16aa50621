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
}
