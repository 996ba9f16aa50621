import Testing

@testable import MTLFormat

@Suite("Names and texts")
struct TextTests {
  private func check(_ bytes: [UInt8], allowsLines: Bool = false) -> UTF8Check.Finding {
    bytes.withUnsafeBytes { UTF8Check.check($0, allowsLines: allowsLines) }
  }

  @Test("UTF-8 is what the standard library takes for it: all pairs of bytes, and one more")
  func short() {
    for first in 0...0xFF as ClosedRange<UInt8> {
      for second in 0...0xFF as ClosedRange<UInt8> {
        for third in [0x41, 0x80, 0xBF, 0xC0] as [UInt8] {
          let bytes = [first, second, third]
          let isUTF8 = String(validating: bytes, as: UTF8.self) != nil
          if (check(bytes) != .malformed) != isUTF8 { Issue.record("\(bytes)") }
        }
      }
    }
  }

  @Test("UTF-8 is what the standard library takes for it: four bytes around each border")
  func long() {
    let borders: [UInt8] = [
      0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xF0, 0xFF,
    ]
    for first in 0xE0...0xFF as ClosedRange<UInt8> {
      for second in borders {
        for third in borders {
          for fourth in borders {
            for bytes in [[first, second, third, fourth], [first, second, third]] {
              let isUTF8 = String(validating: bytes, as: UTF8.self) != nil
              #expect((check(bytes) != .malformed) == isUTF8, "\(bytes)")
            }
          }
        }
      }
    }
  }

  @Test("control characters are those of Unicode's category Cc")
  func controls() {
    for value in 0...0x2FFF as ClosedRange<UInt32> {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let isControl = scalar.properties.generalCategory == .control
      let bytes = Array(String(scalar).utf8)
      #expect((check(bytes) == .control) == isControl, "\(value)")
      let isLine = value == 9 || value == 10
      #expect((check(bytes, allowsLines: true) == .control) == (isControl && !isLine))
    }
  }

  @Test("the first name that repeats one is found")
  func repeats() {
    #expect(firstRepeat([]) == nil)
    #expect(firstRepeat(["a", "b", ""]) == nil)
    #expect(firstRepeat(["a", "b", "ab", "b", "a"]) == 3)
    #expect(firstRepeat(["b", "a", "a", "a", "b"]) == 2)
    #expect(firstRepeat(["é", "e", "é"]) == 2)
  }
}
