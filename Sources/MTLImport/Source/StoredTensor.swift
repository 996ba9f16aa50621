import CMTL
import MTLFormat

/// A constant that may still lie in its file; its elements are made when somebody needs them.
public final class StoredTensor {
  public enum Content {
    case elements(HostTensor)
    /// Little-endian elements, as many as the shape says, in memory that `owner` keeps.
    case raw(UnsafeRawBufferPointer, owner: Bytes)
    /// Nothing that can be read, and why.
    case unusable(String)
  }

  public let type: DataType
  public let shape: [Int]
  private let content: Content

  public init(type: DataType, shape: [Int], content: Content) {
    self.type = type
    self.shape = shape
    self.content = content
  }

  public convenience init(_ tensor: HostTensor) {
    self.init(type: tensor.type, shape: tensor.shape, content: .elements(tensor))
  }

  /// A constant that is an error for whoever needs it.
  public convenience init(unusable reason: String) {
    self.init(type: .string, shape: [], content: .unusable(reason))
  }

  /// Errors: it is a constant that this importer cannot read.
  public func load() throws -> HostTensor {
    switch content {
    case .elements(let tensor): return tensor
    case .unusable(let reason): throw ImportError(reason)
    case .raw(let bytes, let owner):
      return withExtendedLifetime(owner) { decode(bytes) }
    }
  }

  private func decode(_ bytes: UnsafeRawBufferPointer) -> HostTensor {
    let count = bytes.count / max(type.byteCount, 1)
    func integers<Number: FixedWidthInteger>(_: Number.Type) -> HostTensor {
      HostTensor(
        type, shape,
        integers: (0..<count).map {
          let at = $0 * MemoryLayout<Number>.size
          return Int64(truncatingIfNeeded: bytes.loadUnaligned(fromByteOffset: at, as: Number.self))
        })
    }
    switch type {
    case .float:
      let floats = [Float](unsafeUninitializedCapacity: count) { target, filled in
        UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
        filled = count
      }
      return HostTensor(shape, floats: floats)
    case .double:
      return HostTensor(
        shape,
        floats: (0..<count).map {
          Float(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self))
        }
      ).typed(.double)
    case .float16:
      return HostTensor(
        shape,
        floats: (0..<count).map {
          floatOfHalf(bytes.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self))
        }
      ).typed(.float16)
    case .bfloat16:
      return HostTensor(
        shape,
        floats: (0..<count).map {
          let bits = bytes.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self)
          return Float(bitPattern: UInt32(bits) << 16)
        }
      ).typed(.bfloat16)
    case .bool:
      return HostTensor(type, shape, integers: bytes.map { $0 == 0 ? 0 : 1 })
    case .uint8: return integers(UInt8.self)
    case .int8: return integers(Int8.self)
    case .uint16: return integers(UInt16.self)
    case .int16: return integers(Int16.self)
    case .int32: return integers(Int32.self)
    case .uint32: return integers(UInt32.self)
    case .int64, .uint64, .string: return integers(Int64.self)
    }
  }
}

/// The number that the bits of an IEEE binary16 stand for.
func floatOfHalf(_ bits: UInt16) -> Float {
  let sign: Float = bits & 0x8000 == 0 ? 1 : -1
  let exponent = Int(bits >> 10 & 0x1F)
  let fraction = Float(bits & 0x3FF)
  if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
  if exponent == 0 { return sign * fraction * 0x1p-24 }
  return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction / 1024)
}
