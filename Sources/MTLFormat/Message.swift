import CMTL

/// A text for a person, as bytes, put together by interpolation.
///
/// `String` would do the same with several times the code at each place that builds a message, and
/// a reader of untrusted files has many of them: here every piece costs one call.
public struct Message: Sendable {
  public internal(set) var utf8: [UInt8]

  /// No text.
  public init() { utf8 = [] }

  @inline(never)
  public init(_ string: String) { utf8 = Array(string.utf8) }

  /// A zero-terminated text.
  @inline(never)
  public init(cString: UnsafePointer<CChar>) {
    utf8 = Array(UnsafeRawBufferPointer(start: cString, count: strlen(cString)))
  }

  @inline(never)
  public init(utf8: [UInt8]) { self.utf8 = utf8 }

  public var isEmpty: Bool { utf8.isEmpty }
  public var string: String { String(decoding: utf8, as: UTF8.self) }

  @inline(never)
  public static func + (a: Message, b: Message) -> Message { Message(utf8: a.utf8 + b.utf8) }

  @inline(never)
  public static func += (a: inout Message, b: Message) { a.utf8 += b.utf8 }
}

extension Message: ExpressibleByStringInterpolation {
  @inline(never)
  public init(stringLiteral literal: StaticString) {
    utf8 = literal.withUTF8Buffer { Array($0) }
  }

  @inline(never)
  public init(stringInterpolation interpolation: StringInterpolation) { utf8 = interpolation.utf8 }

  public struct StringInterpolation: StringInterpolationProtocol {
    var utf8: [UInt8] = []

    @inline(never)
    public init(literalCapacity: Int, interpolationCount: Int) {}

    @inline(never)
    public mutating func appendLiteral(_ literal: StaticString) {
      literal.withUTF8Buffer { utf8 += $0 }
    }

    @inline(never)
    public mutating func appendInterpolation(_ number: Int) { utf8 += decimal(number) }

    public mutating func appendInterpolation(_ number: UInt32) { appendInterpolation(Int(number)) }
    public mutating func appendInterpolation(_ number: Int32) { appendInterpolation(Int(number)) }

    @inline(never)
    public mutating func appendInterpolation(_ number: UInt64) { utf8 += Array("\(number)".utf8) }

    @inline(never)
    public mutating func appendInterpolation(_ number: Float) { utf8 += Array("\(number)".utf8) }

    @inline(never)
    public mutating func appendInterpolation(_ message: Message) { utf8 += message.utf8 }

    @inline(never)
    public mutating func appendInterpolation(_ text: String) { utf8 += Array(text.utf8) }

    @inline(never)
    public mutating func appendInterpolation(_ text: StaticString) { appendLiteral(text) }

    @inline(never)
    public mutating func appendInterpolation(_ name: Name) { utf8 += name.utf8 }
  }
}

private func decimal(_ number: Int) -> [UInt8] {
  var digits: [UInt8] = []
  var rest = number.magnitude
  repeat {
    digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
    rest /= 10
  } while rest > 0
  if number < 0 { digits.append(UInt8(ascii: "-")) }
  return digits.reversed()
}
