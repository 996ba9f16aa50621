import MTLFormat
import Testing

@Suite("Checksums")
struct ChecksumTests {
  @Test("CRC-32C of the examples of RFC 3720, appendix B.4")
  func crc() {
    func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.checksum(0..<bytes.count) }
    #expect(checksum([]) == 0)
    #expect(checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(checksum(Array(0..<32)) == 0x46DD_794E)
    #expect(checksum((0..<32).reversed()) == 0x113F_DB5C)
  }

  @Test("CRC-32C of any length and alignment is that of the definition")
  func crcLengths() {
    var random = SplitMix(state: 1)
    let bytes = (0..<96).map { _ in UInt8.random(in: 0...255, using: &random) }
    for start in 0..<8 {
      for end in start...bytes.count {
        var value: UInt32 = 0xFFFF_FFFF
        for byte in bytes[start..<end] {
          value ^= UInt32(byte)
          for _ in 0..<8 { value = (value >> 1) ^ (value & 1 == 1 ? 0x82F6_3B78 : 0) }
        }
        #expect(bytes.checksum(start..<end) == ~value)
      }
    }
  }

  @Test(
    "SHA-256 of the examples of FIPS 180 and of lengths around a block",
    arguments: [SHA256.Rounds.fastest, .plain])
  func sha(_ rounds: SHA256.Rounds) {
    func hash(_ bytes: [UInt8]) -> String {
      bytes.withUnsafeBytes { SHA256.hash($0, rounds) }.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }.joined()
    }
    let examples = [
      "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq":
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ]
    for (text, expected) in examples { #expect(hash(Array(text.utf8)) == expected) }
    let lengths = [
      55: "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318",
      56: "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a",
      63: "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34",
      64: "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb",
      1_000_000: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
    ]
    for (length, expected) in lengths {
      #expect(hash([UInt8](repeating: UInt8(ascii: "a"), count: length)) == expected)
    }
  }

  @Test("SHA-256 of any length and alignment is the same with the CPU's instructions and without")
  func shaLengths() {
    var random = SplitMix(state: 2)
    let bytes = (0..<336).map { _ in UInt8.random(in: 0...255, using: &random) }
    for start in 0..<16 {
      for end in start...bytes.count {
        bytes[start..<end].withUnsafeBytes { bytes in
          #expect(SHA256.hash(bytes) == SHA256.hash(bytes, .plain))
        }
      }
    }
  }
}
