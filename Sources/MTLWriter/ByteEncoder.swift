import CMTL
import MTLFormat

/// The bytes of a section under construction; little-endian, packed.
struct ByteEncoder {
  private(set) var bytes: [UInt8] = []

  mutating func u32(_ value: UInt32) { append(value.littleEndian) }
  mutating func u64(_ value: UInt64) { append(value.littleEndian) }
  mutating func f32(_ value: Float) { u32(value.bitPattern) }
  mutating func raw(_ more: [UInt8]) { bytes += more }

  private mutating func append(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  /// A count or an index, which the file stores in 32 bits.
  mutating func count(_ value: Int, _ what: String) throws(Status) {
    guard let value = UInt32(exactly: value) else {
      throw Status(MTLRT_E_ARGUMENT, "\(what) cannot be \(value)")
    }
    u32(value)
  }

  mutating func string(_ name: Name) throws(Status) {
    try count(name.utf8.count, "the length of a string")
    raw(name.utf8)
  }
}
