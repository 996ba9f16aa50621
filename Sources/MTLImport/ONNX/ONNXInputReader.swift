import MTLFormat

/// Reads ValueInfoProto of what the caller gives or gets.
enum ONNXInputReader {
  /// What cannot be given is an input with a problem.
  static func read(_ message: ProtobufReader) throws -> SourceInput {
    var reader = message
    var name = ""
    var type = TensorType()
    while let field = try reader.next() {
      switch field.number {
      case 1: name = try field.text()
      case 2: type = try self.type(try field.message())
      case 3, 4: break  // a description, metadata
      default: throw field.unknown(in: "an input or output")
      }
    }
    guard !name.isEmpty else {
      throw ImportError("byte \(message.start): an input or output without name")
    }
    var input = SourceInput(name: name, type: type.element ?? .float, shape: type.shape ?? [])
    input.lacksShape = type.shape == nil
    if type.element == nil { input.problem = "it is \(type.text), which is not supported" }
    return input
  }

  private struct TensorType {
    var element: DataType?
    var shape: [Int?]?
    /// What it is, where it is no tensor that can be used.
    var text = "of no type"
  }

  private static func type(_ message: ProtobufReader) throws -> TensorType {
    var reader = message
    var type = TensorType()
    while let field = try reader.next() {
      switch field.number {
      case 1: type = try tensorType(try field.message())
      case 4: type.text = "a sequence"
      case 5: type.text = "a map"
      case 6: break  // what it is for, in words
      case 7: type.text = "of a type of its own"
      case 8: type.text = "a sparse tensor"
      case 9: type.text = "an optional value"
      default: throw field.unknown(in: "a type")
      }
    }
    return type
  }

  private static func tensorType(_ message: ProtobufReader) throws -> TensorType {
    var reader = message
    var type = TensorType()
    while let field = try reader.next() {
      switch field.number {
      case 1:
        let number = try field.integer()
        type.element = Int32(exactly: number).flatMap(DataType.init(rawValue:))
        if type.element == .string { type.element = nil }
        type.text = "of \(elementTypeText(number))"
      case 2: type.shape = try shape(try field.message())
      default: throw field.unknown(in: "the type of a tensor")
      }
    }
    return type
  }

  private static func shape(_ message: ProtobufReader) throws -> [Int?] {
    var reader = message
    var shape: [Int?] = []
    while let field = try reader.next() {
      guard field.number == 1 else { throw field.unknown(in: "a shape") }
      guard shape.count < 32 else { throw field.fault("a shape of at most 32 dimensions") }
      shape.append(try dimension(try field.message()))
    }
    return shape
  }

  /// nil: free.
  private static func dimension(_ message: ProtobufReader) throws -> Int? {
    var reader = message
    var value: Int?
    while let field = try reader.next() {
      switch field.number {
      case 1: value = Int(try field.integer())
      case 2: value = nil
      case 3: break  // what it is for, in words
      default: throw field.unknown(in: "a dimension")
      }
    }
    return value.flatMap { $0 > 0 ? $0 : nil }
  }
}
