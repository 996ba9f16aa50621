/// Elements of .npy files as 32-bit floats.
public enum NumpyFile {
  /// Copies `count` elements from number `first` on. `header` has been read from `file`, and the
  /// elements are within its count.
  public static func copy(
    _ file: UnsafeRawBufferPointer, _ header: NumpyHeader, first: Int, count: Int,
    to target: UnsafeMutablePointer<Float>
  ) {
    let size = header.element.byteCount
    let offset = header.dataOffset + first * size
    let data = UnsafeRawBufferPointer(rebasing: file[offset..<offset + count * size])
    switch header.element {
    case .float32:
      for i in 0..<count {
        let bits = data.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)
        target[i] = Float(bitPattern: UInt32(littleEndian: bits))
      }
    case .float64:
      for i in 0..<count {
        let bits = data.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)
        target[i] = Float(Double(bitPattern: UInt64(littleEndian: bits)))
      }
    case .uint8:
      for i in 0..<count { target[i] = Float(data[i]) }
    }
  }

  /// What stands before the elements of a <f4 file in C order, version 1 of the format; the
  /// elements begin at a multiple of 64 bytes. Throws for a shape that version 1 cannot say.
  public static func header(shape: [Int]) throws(NumpyError) -> [UInt8] {
    var dimensions = ""
    for dimension in shape { dimensions += "\(dimension), " }
    var text = Array(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (\(dimensions)), }".utf8)
    let length = (10 + text.count + 1 + 63) / 64 * 64 - 10
    guard length <= Int(UInt16.max) else { throw NumpyError("the shape is too long") }
    text += [UInt8](repeating: 0x20, count: length - text.count - 1) + [0x0A]
    return [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, UInt8(length & 255), UInt8(length >> 8)]
      + text
  }
}
