import CMTL

/// An element type that weights are stored in.
public protocol Weight {
  /// The element as a number, before its row's scale.
  var float: Float { get }
}

extension Float: Weight {
  @inlinable public var float: Float { self }
}

extension Int8: Weight {
  @inlinable public var float: Float { Float(self) }
}

extension Int16: Weight {
  @inlinable public var float: Float { Float(self) }
}

/// IEEE 754 binary16 by its bits. Swift's `Float16` is not on every platform.
public struct Half: Weight {
  public let bits: UInt16

  @inlinable public init(bits: UInt16) { self.bits = bits }

  @inlinable public var float: Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = UInt32(bits >> 10) & 31
    let fraction = UInt32(bits & 1023)
    if exponent == 0 {  // zero or subnormal: fraction * 2^-24
      let size = Float(fraction) * 0x1p-24
      return Float(bitPattern: size.bitPattern | sign)
    }
    let widened = exponent == 31 ? 255 : exponent + 112
    return Float(bitPattern: sign | widened << 23 | fraction << 13)
  }
}

/// Something to be done with weights, whatever their element type.
public protocol WeightVisitor {
  mutating func visit<W: Weight>(_ weights: UnsafePointer<W>)
}

extension TensorView {
  /// Hands the elements of a constant to `visitor`, by their type.
  @inlinable
  public func accept<V: WeightVisitor>(_ visitor: inout V) {
    switch type {
    case MTLRT_F16: visitor.visit(bytes.assumingMemoryBound(to: Half.self))
    case MTLRT_I8: visitor.visit(bytes.assumingMemoryBound(to: Int8.self))
    case MTLRT_I16: visitor.visit(bytes.assumingMemoryBound(to: Int16.self))
    default: visitor.visit(bytes.assumingMemoryBound(to: Float.self))
    }
  }

  /// Factor of row `row` of a constant: its scale, or 1.
  @inlinable
  public func scale(_ row: Int) -> Float { scales.map { $0[row] } ?? 1 }

  /// Decodes rows `rows`, of `length` elements each, to f32 with their scales.
  public func decode(
    rows: Range<Int>, length: Int, to result: UnsafeMutablePointer<Float>
  ) {
    var decoder = RowDecoder(tensor: self, rows: rows, length: length, result: result)
    accept(&decoder)
  }
}

extension TensorView {
  /// Decodes row `row` of a constant, of `length` elements, to every `step`-th element of `result`.
  @inline(never)
  public func decode(
    row: Int, length: Int, to result: UnsafeMutablePointer<Float>, step: Int
  ) {
    var decoder = StridedRowDecoder(
      tensor: self, row: row, length: length, result: result, step: step)
    accept(&decoder)
  }
}

private struct StridedRowDecoder: WeightVisitor {
  let tensor: TensorView
  let row: Int, length: Int
  let result: UnsafeMutablePointer<Float>
  let step: Int

  mutating func visit<W: Weight>(_ weights: UnsafePointer<W>) {
    let (source, scale) = (weights + row * length, tensor.scale(row))
    for k in 0..<length { result[k * step] = source[k].float * scale }
  }
}

/// Turns rows of weights into f32.
struct RowDecoder: WeightVisitor {
  let tensor: TensorView
  let rows: Range<Int>
  let length: Int
  let result: UnsafeMutablePointer<Float>

  mutating func visit<W: Weight>(_ weights: UnsafePointer<W>) {
    var next = result
    for row in rows {
      let (source, scale) = (weights + row * length, tensor.scale(row))
      for k in 0..<length { next[k] = source[k].float * scale }
      next += length
    }
  }
}
