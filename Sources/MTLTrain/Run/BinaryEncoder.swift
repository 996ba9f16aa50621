/// Little-endian fields, packed; what `BinaryDecoder` reads.
struct BinaryEncoder {
  private(set) var bytes: [UInt8] = []

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(count) }

  mutating func integer(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func count(_ value: Int) { integer(UInt64(value)) }
  mutating func flag(_ value: Bool) { integer(UInt8(value ? 1 : 0)) }
  mutating func double(_ value: Double) { integer(value.bitPattern) }

  mutating func string(_ text: String) {
    count(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  mutating func list<Element>(_ elements: [Element], _ each: (inout Self, Element) -> Void) {
    count(elements.count)
    for element in elements { each(&self, element) }
  }

  mutating func floats(_ buffer: FloatBuffer) {
    count(buffer.count)
    bytes.append(contentsOf: buffer.bytes)
  }
}
