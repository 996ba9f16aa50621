/// CRC-32C (Castagnoli): polynomial 0x1EDC6F41 reflected, initial value and final XOR 0xFFFFFFFF,
/// as in RFC 3720, appendix B.4. Eight bytes a step with eight tables ("slicing by 8": Kounavis and
/// Berry, A Systematic Approach to Building High Performance Software-Based CRC Generators, 2005).
public enum CRC32C {
  /// `tables[256 * k + b]` is the effect of byte `b` followed by `k` zero bytes.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var value = UInt32(byte)
      for _ in 0..<8 { value = (value >> 1) ^ (value & 1 == 1 ? 0x82F6_3B78 : 0) }
      tables[byte] = value
    }
    for index in 256..<tables.count {
      let before = tables[index - 256]
      tables[index] = (before >> 8) ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()

  public static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { checksum(bytes, $0) }
  }

  private static func checksum(
    _ bytes: UnsafeRawBufferPointer, _ tables: UnsafeBufferPointer<UInt32>
  ) -> UInt32 {
    var value: UInt32 = 0xFFFF_FFFF
    var position = 0
    while bytes.count - position >= 8 {
      let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      let mixed = UInt64(littleEndian: word) ^ UInt64(value)
      value = 0
      for slot in 0..<8 {
        let byte = Int(truncatingIfNeeded: mixed >> UInt64(8 * slot)) & 0xFF
        value ^= tables[256 * (7 - slot) + byte]
      }
      position += 8
    }
    while position < bytes.count {
      value = (value >> 8) ^ tables[Int((value ^ UInt32(bytes[position])) & 0xFF)]
      position += 1
    }
    return ~value
  }
}
