/// Reads the few words of Python that a .npy header is made of, one after the other.
struct NumpyDictionary {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Skips blanks; whether `word` comes next, and then goes behind it.
  mutating func accept(_ word: StaticString) -> Bool {
    skipBlanks()
    let wanted = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    guard bytes.count - position >= wanted.count,
      bytes[position..<position + wanted.count].elementsEqual(wanted)
    else { return false }
    position += wanted.count
    return true
  }

  mutating func expect(_ word: StaticString) throws(NumpyError) {
    guard accept(word) else {
      throw NumpyError("its header breaks off at byte \(position): \(word) is missing")
    }
  }

  /// A text in quotes of either kind, without escapes.
  mutating func text() throws(NumpyError) -> [UInt8] {
    skipBlanks()
    guard position < bytes.count else { throw NumpyError("its header breaks off") }
    let quote = bytes[position]
    guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw NumpyError("its header has no text at byte \(position)")
    }
    let start = position + 1
    guard let end = bytes[start...].firstIndex(of: quote) else {
      throw NumpyError("its header has a text without an end")
    }
    position = end + 1
    return Array(bytes[start..<end])
  }

  mutating func number() throws(NumpyError) -> Int {
    skipBlanks()
    let start = position
    var value = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = product.addingReportingOverflow(Int(bytes[position] - 0x30))
      guard !tooLarge, !overflow else { throw NumpyError("its shape is too large") }
      value = sum
      position += 1
    }
    guard position > start else { throw NumpyError("its header has no number at byte \(start)") }
    return value
  }

  private mutating func skipBlanks() {
    while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x0A {
      position += 1
    }
  }
}
