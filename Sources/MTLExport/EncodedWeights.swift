import MTLFormat

/// Weights in the form of a file.
public struct EncodedWeights {
  public let data: Bytes
  /// One per row, for i16 and i8.
  public let scales: Bytes?

  /// `rows` rows of `source`, in this order. i16 and i8 are symmetric: `scale = max |w| / largest`,
  /// `element = w / scale` to the nearest, so that a row of zeros has scale 0.
  public init(
    _ source: UnsafePointer<Float>, rows: [Int], columns: Int, as element: ElementType
  ) throws(Status) {
    data = try Bytes.allocate(rows.count * columns * element.byteCount)
    scales =
      element.isScaled ? try Bytes.allocate(rows.count * MemoryLayout<Float>.stride) : nil
    let target = UnsafeMutableRawBufferPointer(mutating: data.view)
    let scaleTarget = scales.map { UnsafeMutableRawBufferPointer(mutating: $0.view) }
    for (row, from) in rows.enumerated() {
      let values = UnsafeBufferPointer(start: source + from * columns, count: columns)
      let first = row * columns * element.byteCount
      if let scaleTarget {
        let largest: Float = element == .i16 ? 32767 : 127
        let scale = (values.map { abs($0) }.max() ?? 0) / largest
        scaleTarget.storeBytes(of: scale, toByteOffset: row * 4, as: Float.self)
        for (k, value) in values.enumerated() {
          let rounded = scale == 0 ? 0 : (value / scale).rounded()
          let whole = Int16(max(-largest, min(largest, rounded)))
          if element == .i16 {
            target.storeBytes(of: whole, toByteOffset: first + k * 2, as: Int16.self)
          } else {
            target.storeBytes(of: Int8(whole), toByteOffset: first + k, as: Int8.self)
          }
        }
      } else if element == .f16 {
        for (k, value) in values.enumerated() {
          target.storeBytes(of: halfBits(value), toByteOffset: first + k * 2, as: UInt16.self)
        }
      } else {
        for (k, value) in values.enumerated() {
          target.storeBytes(of: value, toByteOffset: first + k * 4, as: Float.self)
        }
      }
    }
  }
}

/// IEEE binary16 of a number, to the nearest, ties to even; beyond its range the largest one. In
/// integers, as not every processor of the family has the type.
func halfBits(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
  let magnitude = Float(bitPattern: bits & 0x7FFF_FFFF)
  if magnitude >= 65504 { return sign | 0x7BFF }
  // Below 2^-14 halves are multiples of 2^-24; above, their step is 2^-10 of the power of two.
  let exponent = max(magnitude.exponent, -14)
  let step = Float(sign: .plus, exponent: Int(magnitude == 0 ? -14 : exponent) - 10, significand: 1)
  let units = UInt32((magnitude / step).rounded(.toNearestOrEven))
  guard magnitude >= 0x1p-14 else { return sign | UInt16(units) }
  // A mantissa that was rounded up to 2048 carries into the exponent by itself.
  return sign | UInt16(UInt32(Int(exponent) + 15) << 10 + (units - 1024))
}
