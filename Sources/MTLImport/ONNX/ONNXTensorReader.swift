import MTLFormat

/// Reads TensorProto.
struct ONNXTensorReader {
  let owner: Bytes
  let files: ExternalFiles

  /// The tensor's fields as they stand.
  private struct Fields {
    var name = ""
    var type = Int64(0)
    var dimensions: [Int64] = []
    var raw: UnsafeRawBufferPointer?
    var floats: [Float] = []
    var integers: [Int64] = []
    /// Numbers of the lists that hold elements.
    var lists: Set<Int> = []
    var place: [String: String] = [:]
    var isExternal = false
    var isSegment = false
  }

  /// A tensor of a type that is not supported is an error for whoever needs it.
  func read(_ message: ProtobufReader) throws -> (name: String, tensor: StoredTensor) {
    var fields = Fields()
    var reader = message
    while let field = try reader.next() { try take(field, into: &fields) }
    let what = "byte \(message.start): constant '\(fields.name)'"
    guard let type = Int32(exactly: fields.type).flatMap(DataType.init(rawValue:)),
      type != .string, !fields.isSegment
    else {
      let type = fields.isSegment ? "a part of a tensor" : "of \(elementTypeText(fields.type))"
      return (
        fields.name,
        StoredTensor(unusable: "constant '\(fields.name)' is \(type), which is not supported")
      )
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
    case 2: fields.type = try field.integer()
    case 3: fields.isSegment = true
    case 4: try field.floats(into: &fields.floats)
    case 5, 7, 11: try field.integers(into: &fields.integers)
    case 8: fields.name = try field.text()
    case 9: fields.raw = try field.message().bytes
    case 10: try field.doubles(into: &fields.floats)
    case 13:
      let (key, value) = try entry(try field.message())
      guard fields.place.updateValue(value, forKey: key) == nil else {
        throw field.fault("the only place with '\(key)'")
      }
    case 14:
      let location = try field.integer()
      guard location == 0 || location == 1 else { throw field.fault("a kind of place, 0 or 1") }
      fields.isExternal = location == 1
    // Texts, which no operator here takes; a description; metadata.
    case 6, 12, 16: break
    default: throw field.unknown(in: "a tensor")
    }
    if [4, 5, 7, 10, 11].contains(field.number), !fields.floats.isEmpty || !fields.integers.isEmpty
    {
      fields.lists.insert(field.number)
    }
  }

  private func entry(_ message: ProtobufReader) throws -> (String, String) {
    var reader = message
    var (key, value) = ("", "")
    while let field = try reader.next() {
      switch field.number {
      case 1: key = try field.text()
      case 2: value = try field.text()
      default: throw field.unknown(in: "a place of a constant")
      }
    }
    return (key, value)
  }

  private func tensor(
    _ fields: Fields, _ type: DataType, _ shape: [Int], _ count: Int
  ) throws -> StoredTensor {
    let size = count * type.byteCount
    let hasRaw = fields.raw.map { !$0.isEmpty } ?? false
    let sources = fields.lists.count + (hasRaw ? 1 : 0) + (fields.isExternal ? 1 : 0)
    guard sources <= 1 else { throw ImportError("its elements stand in \(sources) places") }
    if let list = fields.lists.first, list != type.list {
      throw ImportError("field \(list) holds elements, those of \(type) belong in \(type.list)")
    }
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

extension DataType {
  /// The field of TensorProto that lists elements of the type.
  fileprivate var list: Int {
    switch self {
    case .float: 4
    case .double: 10
    case .int64: 7
    case .uint32, .uint64: 11
    case .string: 6
    case .uint8, .int8, .uint16, .int16, .int32, .bool, .float16, .bfloat16: 5
    }
  }
}

/// What the number of an element type means, of those that this importer has no tensors of, too.
func elementTypeText(_ number: Int64) -> String {
  if let type = Int32(exactly: number).flatMap(DataType.init(rawValue:)) {
    return type == .string ? "texts" : "\(type)"
  }
  let others: [Int64: String] = [
    0: "no element type", 14: "complex64", 15: "complex128", 17: "float8e4m3fn",
    18: "float8e4m3fnuz", 19: "float8e5m2", 20: "float8e5m2fnuz", 21: "uint4", 22: "int4",
    23: "float4e2m1", 24: "float8e8m0", 25: "uint2", 26: "int2",
  ]
  return others[number] ?? "element type \(number)"
}
