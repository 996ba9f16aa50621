import MTLFormat

/// Reads TensorProto.
struct ONNXTensorReader {
  let owner: Bytes
  let files: ExternalFiles

  /// The tensor's fields as they stand.
  private struct Fields {
    var name = ""
    var type: DataType?
    var dimensions: [Int64] = []
    var raw: UnsafeRawBufferPointer?
    var floats: [Float] = []
    var integers: [Int64] = []
    var place: [String: String] = [:]
    var isExternal = false
  }

  func read(_ message: ProtobufReader) throws -> (name: String, tensor: StoredTensor) {
    var fields = Fields()
    var reader = message
    while let field = try reader.next() { try take(field, into: &fields) }
    let what = "byte \(message.start): constant '\(fields.name)'"
    guard let type = fields.type, type != .string else {
      throw ImportError("\(what) has no element type that can be used")
    }
    let shape = fields.dimensions.map { Int($0) }
    do {
      let count = try checkedCount(shape)
      return (fields.name, try tensor(fields, type, shape, count))
    } catch let error as ImportError {
      throw ImportError("\(what): \(error.text)")
    }
  }

  private func take(_ field: ProtobufReader.Field, into fields: inout Fields) throws {
    switch field.number {
    case 1: try field.integers(into: &fields.dimensions, most: 32)
    case 2: fields.type = try dataType(field)
    case 4: try field.floats(into: &fields.floats)
    case 5, 7, 11: try field.integers(into: &fields.integers)
    case 8: fields.name = try field.text()
    case 9: fields.raw = try field.message().bytes
    case 10: try field.doubles(into: &fields.floats)
    case 13:
      let (key, value) = try entry(try field.message())
      fields.place[key] = value
    case 14: fields.isExternal = try field.integer() == 1
    default: break
    }
  }

  private func entry(_ message: ProtobufReader) throws -> (String, String) {
    var reader = message
    var (key, value) = ("", "")
    while let field = try reader.next() {
      switch field.number {
      case 1: key = try field.text()
      case 2: value = try field.text()
      default: break
      }
    }
    return (key, value)
  }

  private func tensor(
    _ fields: Fields, _ type: DataType, _ shape: [Int], _ count: Int
  ) throws -> StoredTensor {
    let size = count * type.byteCount
    if fields.isExternal {
      let (bytes, file) = try files.bytes(fields.place, count: size)
      return StoredTensor(type: type, shape: shape, content: .raw(bytes, owner: file))
    }
    if let raw = fields.raw, !raw.isEmpty || count == 0 {
      guard raw.count == size else {
        throw ImportError("\(raw.count) bytes for \(count) elements of \(type)")
      }
      return StoredTensor(type: type, shape: shape, content: .raw(raw, owner: owner))
    }
    return StoredTensor(try listed(fields, type, shape, count))
  }

  /// The elements out of the lists that stand for raw bytes.
  private func listed(
    _ fields: Fields, _ type: DataType, _ shape: [Int], _ count: Int
  ) throws -> HostTensor {
    let isHalf = type == .float16 || type == .bfloat16
    let found = type.isFloating && !isHalf ? fields.floats.count : fields.integers.count
    guard found == count else { throw ImportError("\(found) elements where \(count) belong") }
    guard type.isFloating else {
      return HostTensor(type, shape, integers: fields.integers.map { type.wrap($0) })
    }
    guard isHalf else { return HostTensor(shape, floats: fields.floats).typed(type) }
    // Lists of halves hold their bits.
    return HostTensor(
      shape,
      floats: fields.integers.map {
        let bits = UInt16(truncatingIfNeeded: $0)
        return type == .float16 ? floatOfHalf(bits) : Float(bitPattern: UInt32(bits) << 16)
      }
    ).typed(type)
  }
}
