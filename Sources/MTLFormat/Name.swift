/// A short UTF-8 text out of a model file: the name of a tensor, a task, a label.
///
/// Kept as bytes and compared as bytes: the format compares names that way (`spec/format.md`), and
/// `String` would bring the Unicode tables into the library.
public struct Name: Hashable, Sendable, ExpressibleByStringLiteral {
  public let utf8: [UInt8]

  public init(utf8: [UInt8]) { self.utf8 = utf8 }

  public init(_ string: String) { utf8 = Array(string.utf8) }

  public init(stringLiteral value: StaticString) {
    utf8 = value.withUTF8Buffer { Array($0) }
  }

  public var isEmpty: Bool { utf8.isEmpty }

  public var message: Message { Message(utf8: utf8) }

  /// For messages and tools.
  public var string: String { String(decoding: utf8, as: UTF8.self) }
}

extension Name: Comparable {
  /// Order of the bytes, which for UTF-8 is the order of the code points.
  public static func < (a: Name, b: Name) -> Bool {
    a.utf8.lexicographicallyPrecedes(b.utf8)
  }
}

extension Name: CustomStringConvertible {
  public var description: String { string }
}
