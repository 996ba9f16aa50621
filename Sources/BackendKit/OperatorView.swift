import CMTL

/// An operator of a chain: its inputs, its output and its attributes by position.
public struct OperatorView {
  public let chain: UnsafePointer<mtlrt_chain>
  public let pointer: UnsafePointer<mtlrt_op>

  /// Operator `index` of the chain.
  @inlinable
  public init(_ chain: UnsafePointer<mtlrt_chain>, _ index: Int = 0) {
    self.chain = chain
    pointer = chain.pointee.op + index
  }

  @inlinable public var code: Int { Int(pointer.pointee.code) }
  @inlinable public var inputCount: Int { Int(pointer.pointee.n_in) }

  /// Input `position`, which is there.
  @inlinable
  public func input(_ position: Int) -> TensorView {
    TensorView(index: Int(pointer.pointee.in[position]), in: chain)
  }

  /// Input `position`, or nil if it is absent.
  @inlinable
  public func optionalInput(_ position: Int) -> TensorView? {
    guard position < inputCount, pointer.pointee.in[position] != MTLRT_ABSENT else { return nil }
    return input(position)
  }

  @inlinable public var output: TensorView {
    TensorView(index: Int(pointer.pointee.out), in: chain)
  }

  /// Integer attribute `position`.
  @inlinable
  public func attribute(_ position: Int) -> Int { Int(pointer.pointee.attr[position]) }

  /// Float attribute `position`.
  @inlinable
  public func real(_ position: Int) -> Double {
    Double(bitPattern: UInt64(bitPattern: pointer.pointee.attr[position]))
  }
}
