import CMTL

/// A step that is being run: its operators and the memory of its values.
public struct CallView {
  public let pointer: UnsafePointer<mtlrt_call>

  @inlinable public init(_ pointer: UnsafePointer<mtlrt_call>) { self.pointer = pointer }

  @inlinable public var chain: UnsafePointer<mtlrt_chain> { pointer.pointee.chain }
  @inlinable public var plan: UnsafePointer<mtlrt_plan> { pointer.pointee.plan }
  @inlinable public var op: OperatorView { OperatorView(chain) }
  @inlinable public var packed: UnsafeRawPointer? { pointer.pointee.packed }

  /// The elements of a value, or of a f32 constant.
  @inlinable
  public func elements(_ tensor: TensorView) -> UnsafePointer<Float> {
    if tensor.isConstant { return tensor.floats }
    return UnsafePointer(values(tensor))
  }

  /// Where the elements of a value are written.
  @inlinable
  public func values(_ tensor: TensorView) -> UnsafeMutablePointer<Float> {
    pointer.pointee.value[tensor.index]!.assumingMemoryBound(to: Float.self)
  }
}
