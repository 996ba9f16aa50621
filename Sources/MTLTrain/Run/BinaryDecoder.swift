import CMTL
import MTLFormat

/// Reads what `BinaryEncoder` wrote, from bytes that may say anything.
struct BinaryDecoder {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0
  private let path: String

  /// `path` names the source in errors.
  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    self.bytes = bytes
    self.path = path
  }

  var isAtEnd: Bool { position == bytes.count }

  func failure(_ what: String) -> Status {
    Status(MTLRT_E_IO, "\(path): \(what) at byte \(position)", at: UInt64(position))
  }

  private mutating func take(_ count: Int) throws(Status) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= bytes.count - position else { throw failure("it is cut short") }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type
  ) throws(Status) -> Value {
    Value(littleEndian: try take(MemoryLayout<Value>.size).loadUnaligned(as: type))
  }

  mutating func count() throws(Status) -> Int {
    guard let value = Int(exactly: try integer(UInt64.self)) else {
      throw failure("a count is out of range")
    }
    return value
  }

  mutating func flag() throws(Status) -> Bool { try integer(UInt8.self) == 1 }

  mutating func double() throws(Status) -> Double {
    Double(bitPattern: try integer(UInt64.self))
  }

  mutating func string() throws(Status) -> String {
    let length = try count()
    guard let text = String(validating: try take(length), as: UTF8.self) else {
      throw failure("a text is not UTF-8")
    }
    return text
  }

  mutating func list<Element>(
    _ each: (inout Self) throws(Status) -> Element
  ) throws(Status) -> [Element] {
    let length = try count()
    // Every element takes a byte at least.
    guard length <= bytes.count - position else { throw failure("a list is cut short") }
    var elements: [Element] = []
    for _ in 0..<length { elements.append(try each(&self)) }
    return elements
  }

  /// The bytes of a list of floats.
  mutating func floats() throws(Status) -> UnsafeRawBufferPointer {
    let length = try count()
    let (size, overflow) = length.multipliedReportingOverflow(by: MemoryLayout<Float>.size)
    if overflow { throw failure("a count is out of range") }
    return try take(size)
  }
}
