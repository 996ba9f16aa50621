import MTLFormat

/// Names of files are bytes in no certain encoding, and a `String` holds Unicode alone. Where such
/// a name is held by one, characters of the last private plane stand for the bytes that are no
/// UTF-8, so that all bytes come back.
extension String {
  private static let strayBytes = UInt32(0x10FF00)

  /// The name of a file or folder as the system gives it.
  public init(fileName bytes: some Collection<UInt8>) {
    let plain = String(validating: bytes, as: UTF8.self)
    if let plain, plain.strays.isEmpty {
      self = plain
      return
    }
    var decoder = UTF8.ForwardParser()
    var rest = Array(bytes).makeIterator()
    var text = String.UnicodeScalarView()
    // By the place that was reached, the bytes of what is not valid are found again.
    let all = Array(bytes)
    var place = 0
    loop: while true {
      switch decoder.parseScalar(from: &rest) {
      case .valid(let encoded):
        let scalar = UTF8.decode(encoded)
        let count = encoded.count
        if String.isStray(scalar) {
          for byte in all[place..<place + count] { text.append(String.stray(byte)) }
        } else {
          text.append(scalar)
        }
        place += count
      case .error(let length):
        for byte in all[place..<place + length] { text.append(String.stray(byte)) }
        place += length
      case .emptyInput: break loop
      }
    }
    self = String(text)
  }

  /// The name as the system takes it, with a zero at the end.
  public var fileName: [CChar] {
    var bytes: [CChar] = []
    for scalar in unicodeScalars {
      if String.isStray(scalar) {
        bytes.append(CChar(truncatingIfNeeded: scalar.value))
      } else {
        for byte in UTF8.encode(scalar)! { bytes.append(CChar(bitPattern: byte)) }
      }
    }
    return bytes + [0]
  }

  /// Whether it holds bytes that are no UTF-8.
  public var isUTF8: Bool { strays.isEmpty }

  /// The text with bytes that are no UTF-8 read as Latin-1.
  public var inLatin1: String {
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      text.append(String.isStray(scalar) ? Unicode.Scalar(UInt8(scalar.value & 0xFF)) : scalar)
    }
    return String(text)
  }

  /// For messages: bytes that are no UTF-8 are spelled out.
  public var spelled: String {
    guard !isUTF8 else { return self }
    return unicodeScalars.map { scalar in
      String.isStray(scalar) ? "\\x" + String(scalar.value & 0xFF, radix: 16) : String(scalar)
    }.joined()
  }

  private var strays: [Unicode.Scalar] { unicodeScalars.filter { String.isStray($0) } }

  private static func isStray(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= strayBytes + 0x80 && scalar.value <= strayBytes + 0xFF
  }

  private static func stray(_ byte: UInt8) -> Unicode.Scalar {
    Unicode.Scalar(strayBytes + UInt32(byte))!
  }
}

extension Bytes {
  /// A regular file, mapped for reading, whose name is held as by `String(fileName:)`.
  /// A regular file, mapped; a pipe is read to its end.
  public static func map(file: String) throws(Status) -> Bytes {
    try mapOrReadPipe(path: file.fileName)
  }
}
