/// The header of a .npy file, versions 1 to 3: element type, order and shape, and where the
/// elements begin (numpy.lib.format describes it).
public struct NumpyHeader {
  public enum Element: Sendable {
    case float32, float64, uint8

    public var byteCount: Int {
      switch self {
      case .float32: 4
      case .float64: 8
      case .uint8: 1
      }
    }
  }

  public private(set) var element = Element.float32
  public private(set) var shape: [Int] = []
  /// Product of the shape.
  public private(set) var elementCount = 1
  /// Byte of the first element.
  public let dataOffset: Int

  /// Longest header that is read; numpy's own are below 200 bytes.
  private static let lengthMost = 1 << 16
  private static let rankMost = 32

  /// Throws unless the file holds little-endian f4, f8 or u1 in C order, and all of them.
  public init(_ file: UnsafeRawBufferPointer) throws(NumpyError) {
    guard file.count >= 10, file.prefix(6).elementsEqual([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59])
    else { throw NumpyError("it is not a .npy file") }
    let version = file[6]
    guard (1...3).contains(version), file.count >= 12 else {
      throw NumpyError("its version \(version) of the .npy format is not known")
    }
    let start = version == 1 ? 10 : 12
    var length = Int(file[8]) | Int(file[9]) << 8
    if version > 1 { length |= Int(file[10]) << 16 | Int(file[11]) << 24 }
    guard length <= Self.lengthMost, length <= file.count - start else {
      throw NumpyError("its header of \(length) bytes is cut short or too long")
    }
    dataOffset = start + length
    try read(NumpyDictionary(UnsafeRawBufferPointer(rebasing: file[start..<dataOffset])))
    let (bytes, overflow) = elementCount.multipliedReportingOverflow(by: element.byteCount)
    guard !overflow, bytes <= file.count - dataOffset else {
      throw NumpyError(
        "it is cut short: \(file.count - dataOffset) bytes of data, "
          + "\(elementCount) elements of \(element.byteCount) bytes are promised")
    }
  }

  private mutating func read(_ dictionary: NumpyDictionary) throws(NumpyError) {
    var parser = dictionary
    var seen: UInt8 = 0
    try parser.expect("{")
    while !parser.accept("}") {
      let key = try parser.text()
      try parser.expect(":")
      if key.elementsEqual("descr".utf8) {
        try setElement(try parser.text())
        seen |= 1
      } else if key.elementsEqual("fortran_order".utf8) {
        guard parser.accept("False") else {
          throw NumpyError(
            "its elements are in Fortran order: save it with numpy.ascontiguousarray")
        }
        seen |= 2
      } else if key.elementsEqual("shape".utf8) {
        try setShape(&parser)
        seen |= 4
      } else {
        throw NumpyError("its header has an unknown key")
      }
      if !parser.accept(",") {
        try parser.expect("}")
        break
      }
    }
    guard seen == 7 else { throw NumpyError("its header lacks descr, fortran_order or shape") }
  }

  private mutating func setElement(_ code: [UInt8]) throws(NumpyError) {
    if code.elementsEqual("<f4".utf8) {
      element = .float32
    } else if code.elementsEqual("<f8".utf8) {
      element = .float64
    } else if code.elementsEqual("|u1".utf8) {
      element = .uint8
    } else {
      throw NumpyError(
        "its elements are \(String(decoding: code, as: UTF8.self)); <f4, <f8 and |u1 are read")
    }
  }

  private mutating func setShape(_ parser: inout NumpyDictionary) throws(NumpyError) {
    shape = []
    elementCount = 1
    try parser.expect("(")
    while !parser.accept(")") {
      let dimension = try parser.number()
      let (product, overflow) = elementCount.multipliedReportingOverflow(by: dimension)
      guard !overflow, shape.count < Self.rankMost else {
        throw NumpyError("its shape is too large")
      }
      elementCount = product
      shape.append(dimension)
      if !parser.accept(",") {
        try parser.expect(")")
        break
      }
    }
  }
}
