/// Reads the fields of one protocol buffer message, in the order in which they stand.
///
/// Nothing is copied, and a message that lies within another is read by a reader of its own, so
/// that hostile nesting costs nothing until somebody follows it.
public struct ProtobufReader {
  /// One field as the wire has it.
  public struct Field {
    public enum Content {
      case varint(UInt64)
      case fixed64(UInt64)
      case bytes(ProtobufReader)
      case fixed32(UInt32)
    }

    public let number: Int
    public let content: Content
    /// Where the field begins in the file.
    public let offset: Int
  }

  /// The whole message.
  public let bytes: UnsafeRawBufferPointer
  /// Where the message begins in the file.
  public let start: Int
  private var position = 0

  public init(_ bytes: UnsafeRawBufferPointer, at start: Int = 0) {
    self.bytes = bytes
    self.start = start
  }

  /// Where the next field begins in the file.
  public var offset: Int { start + position }
  public var isAtEnd: Bool { position == bytes.count }

  /// The next field, or nil at the end. Errors: it is cut short or of no known kind.
  public mutating func next() throws(ImportError) -> Field? {
    guard position < bytes.count else { return nil }
    let offset = self.offset
    let tag = try varint()
    guard let number = Int(exactly: tag >> 3), number > 0, number < 1 << 29 else {
      throw fault("field number \(tag >> 3)", at: offset)
    }
    let content: Field.Content
    switch tag & 7 {
    case 0: content = .varint(try varint())
    case 1: content = .fixed64(try fixed(UInt64.self))
    case 2:
      let count = try varint()
      guard count <= UInt64(bytes.count - position) else {
        throw fault("a field of \(count) bytes does not fit", at: offset)
      }
      let end = position + Int(count)
      content = .bytes(
        ProtobufReader(
          UnsafeRawBufferPointer(rebasing: bytes[position..<end]), at: start + position))
      position = end
    case 5: content = .fixed32(try fixed(UInt32.self))
    default: throw fault("wire type \(tag & 7)", at: offset)
    }
    return Field(number: number, content: content, offset: offset)
  }

  /// A number of 7 bits a byte.
  public mutating func varint() throws(ImportError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard position < bytes.count else { throw fault("a number is cut short", at: offset) }
      let byte = bytes[position]
      position += 1
      // Bits above the 64th are dropped, as protocol buffers have it.
      value |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return value }
    }
    throw fault("a number of more than ten bytes", at: offset)
  }

  /// A little-endian number.
  public mutating func fixed<Number: FixedWidthInteger>(
    _ type: Number.Type
  ) throws(ImportError) -> Number {
    let size = MemoryLayout<Number>.size
    guard bytes.count - position >= size else { throw fault("a number is cut short", at: offset) }
    defer { position += size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
  }

  private func fault(_ what: String, at offset: Int) -> ImportError {
    ImportError("byte \(offset): not a protocol buffer: \(what)")
  }
}

extension ProtobufReader.Field {
  /// Errors: the field is not a whole number.
  public func integer() throws(ImportError) -> Int64 {
    guard case .varint(let value) = content else { throw fault("a whole number") }
    return Int64(bitPattern: value)
  }

  /// Errors: the field is not a float.
  public func float() throws(ImportError) -> Float {
    guard case .fixed32(let bits) = content else { throw fault("a float") }
    return Float(bitPattern: bits)
  }

  /// Errors: the field is not a message, text or bytes.
  public func message() throws(ImportError) -> ProtobufReader {
    guard case .bytes(let reader) = content else { throw fault("a message") }
    return reader
  }

  /// Errors: the field is not UTF-8 of at most `limit` bytes.
  public func text(limit: Int = 1 << 16) throws(ImportError) -> String {
    let bytes = try message().bytes
    guard bytes.count <= limit, let text = String(validating: bytes, as: UTF8.self) else {
      throw fault("a text of at most \(limit) bytes")
    }
    return text
  }

  /// Adds the numbers of a repeated field, packed or not.
  public func integers(into list: inout [Int64], most: Int = .max) throws(ImportError) {
    if case .bytes(var packed) = content {
      while !packed.isAtEnd {
        guard list.count < most else { throw fault("at most \(most) numbers") }
        list.append(Int64(bitPattern: try packed.varint()))
      }
    } else {
      guard list.count < most else { throw fault("at most \(most) numbers") }
      list.append(try integer())
    }
  }

  /// Adds the floats of a repeated field, packed or not.
  public func floats(into list: inout [Float]) throws(ImportError) {
    if case .bytes(var packed) = content {
      while !packed.isAtEnd { list.append(Float(bitPattern: try packed.fixed(UInt32.self))) }
    } else {
      list.append(try float())
    }
  }

  /// Adds the doubles of a repeated field, packed or not.
  public func doubles(into list: inout [Float]) throws(ImportError) {
    if case .bytes(var packed) = content {
      while !packed.isAtEnd {
        list.append(Float(Double(bitPattern: try packed.fixed(UInt64.self))))
      }
    } else if case .fixed64(let bits) = content {
      list.append(Float(Double(bitPattern: bits)))
    } else {
      throw fault("a double")
    }
  }

  /// The error that a field is which the format, as it is known here, does not have: what it means
  /// nobody can say.
  public func unknown(in message: String) -> ImportError {
    ImportError(
      """
      byte \(offset): field \(number) of \(message) is not known; a newer version of ONNX, or one \
      of somebody's own
      """)
  }

  public func fault(_ expected: String) -> ImportError {
    ImportError("byte \(offset): field \(number) is not \(expected)")
  }
}
