import CMTL
import MTLFormat
import MTLGraph
import Testing

@Suite("Damaged files")
struct DamageTests {
  /// Vectors that are quick to go through byte by byte.
  static let small = ["minimal", "vision", "weights-i8", "metadata-order"]

  private func bytes(_ name: String) throws -> [UInt8] {
    let vector = try #require(Vector.accepted.first { $0.file == "accept/\(name).mtl" })
    return try vector.read()
  }

  /// The end of the section table.
  private func tableEnd(_ bytes: [UInt8]) -> Int { 64 + 64 * Int(bytes[24]) }

  @Test("a file cut anywhere is refused, and the verdict says where", arguments: small)
  func cut(_ name: String) throws {
    let whole = try bytes(name)
    for count in 0..<whole.count {
      let verdict = try Verdict(Array(whole[..<count]))
      switch count {
      case ..<8: #expect(verdict.code == 101 && verdict.offset == UInt64(count))
      case ..<64: #expect(verdict.code == 102 && verdict.offset == UInt64(count))
      default: #expect(verdict.code == 107 && verdict.offset == 16)
      }
    }
  }

  @Test("a cut file whose header was adjusted is refused", arguments: small)
  func cutAndSealed(_ name: String) throws {
    let whole = try bytes(name)
    for count in 64..<whole.count {
      var cut = Array(whole[..<count])
      cut.setU64(16, UInt64(count))
      cut.seal()
      let verdict = try Verdict(cut)
      #expect(verdict.code == (count < tableEnd(whole) ? 111 : 118), "cut at \(count)")
    }
  }

  @Test("every flipped bit of header and table is found", arguments: small)
  func bits(_ name: String) throws {
    let whole = try bytes(name)
    for bit in 0..<8 * tableEnd(whole) {
      var flipped = whole
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      let code = try Verdict(flipped).code
      switch bit / 8 {
      case ..<8: #expect(code == 101)
      case ..<10: #expect(code == 103)
      case ..<60: #expect(code == 104)
      case ..<64: #expect(code == 105)
      default: #expect(code == 112)
      }
    }
  }

  @Test("every flipped bit of a small section is found", arguments: small)
  func sectionBits(_ name: String) throws {
    let whole = try bytes(name)
    let file = try Reader.read(try whole.withUnsafeBytes { try Bytes.copy(of: $0) })
    for section in file.sections where section.type != SectionType.weights.rawValue {
      for bit in 8 * section.offset..<8 * (section.offset + section.length) {
        var flipped = whole
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        #expect(try Verdict(flipped).code == 123)
      }
    }
  }

  @Test("no change of one byte, checksums made right, does harm", arguments: small)
  func sweep(_ name: String) throws {
    let whole = try bytes(name)
    var codes: Set<Int32> = []
    for offset in 8..<whole.count {
      for value in [0, 1, 2, 7, 8, 0x40, 0x7F, 0x80, 0xFF] as [UInt8] {
        var changed = whole
        changed[offset] = value
        changed.seal()
        if let code = try Verdict(changed).code { codes.insert(code) }
      }
    }
    #expect(codes.count > 15)
    #expect(codes.allSatisfy { Rule.find($0) != nil })
  }
}

extension [UInt8] {
  func u32(_ offset: Int) -> UInt32 {
    withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
  }

  func u64(_ offset: Int) -> UInt64 {
    withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
  }

  mutating func setU32(_ offset: Int, _ value: UInt32) {
    withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: UInt32.self) }
  }

  mutating func setU64(_ offset: Int, _ value: UInt64) {
    withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: UInt64.self) }
  }

  func checksum(_ range: Range<Int>) -> UInt32 {
    withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// Makes the checksums right, as far as header and table make sense.
  mutating func seal() {
    let entries = Swift.min(Int(u32(24)), (count - 64) / 64)
    for place in stride(from: 64, to: 64 + 64 * entries, by: 64) {
      guard let start = Int(exactly: u64(place + 8)), let length = Int(exactly: u64(place + 16)),
        start <= count, length <= count - start
      else { continue }
      setU32(place + 24, checksum(start..<start + length))
    }
    setU32(28, checksum(64..<64 + 64 * entries))
    setU32(56, checksum(0..<56))
  }
}
