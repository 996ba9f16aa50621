import CMTL

/// A tensor of a chain: shape, element type and, for a constant, its elements.
public struct TensorView {
  /// Its index in the chain, by which a call finds the memory of a value.
  public let index: Int
  public let pointer: UnsafePointer<mtlrt_tensor>

  @inlinable
  public init(index: Int, in chain: UnsafePointer<mtlrt_chain>) {
    self.index = index
    pointer = chain.pointee.tensor + index
  }

  @inlinable public var rank: Int { Int(pointer.pointee.rank) }
  @inlinable public var type: Int { Int(pointer.pointee.type) }
  @inlinable public var isConstant: Bool { pointer.pointee.data != nil }
  @inlinable public var lastReader: Int { Int(pointer.pointee.last_reader) }

  /// Dimension `axis`, from 0 to `rank - 1`.
  @inlinable public func dimension(_ axis: Int) -> Int { Int(mtl_tensor_dims(pointer)[axis]) }

  /// Elements in dimensions `axes`; 1 if there are none.
  @inlinable
  public func count(of axes: Range<Int>) -> Int {
    mtl_tensor_count(pointer, axes.lowerBound, axes.upperBound)
  }

  @inlinable public var count: Int { count(of: 0..<rank) }

  /// Size of the last dimension: the channels.
  @inlinable public var channels: Int { dimension(rank - 1) }

  /// Whether both have the same dimensions.
  @inlinable
  public func hasShape(of other: TensorView) -> Bool {
    guard rank == other.rank else { return false }
    for axis in 0..<rank where dimension(axis) != other.dimension(axis) { return false }
    return true
  }

  /// The elements of a f32 constant.
  @inlinable public var floats: UnsafePointer<Float> {
    pointer.pointee.data.assumingMemoryBound(to: Float.self)
  }

  /// The elements of a constant, whatever their type.
  @inlinable public var bytes: UnsafeRawPointer { pointer.pointee.data }

  /// One scale per index on axis 0; nil for types that have none.
  @inlinable public var scales: UnsafePointer<Float>? { pointer.pointee.scale }
}
