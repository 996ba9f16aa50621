import CMTL

/// Cuts `count` items into parts of `grain` items; the last part may be smaller.
///
/// Where a part adds up numbers on its own, cut by shapes alone: the same bits have to come out for
/// any number of threads.
public struct Split {
  public let count: Int
  public let grain: Int

  /// More parts than this would cost more to hand out than to run.
  @usableFromInline static let partsMax = 1 << 16

  /// `grain` is raised where it would give too many parts.
  @inlinable
  public init(_ count: Int, grain: Int) {
    self.count = count
    self.grain = max(1, grain, (count + Self.partsMax - 1) / Self.partsMax)
  }

  /// At least 1.
  @inlinable public var parts: Int { max(1, (count + grain - 1) / grain) }

  /// The items of a part.
  @inlinable
  public subscript(part: UInt32) -> Range<Int> {
    let first = Int(part) * grain
    return first..<min(count, first + grain)
  }
}

/// The plan of one operator as one stage, cut by `split`.
@inlinable
public func answer(
  _ plan: UnsafeMutablePointer<mtlrt_plan>, _ split: Split, inPlace: Bool = false
) -> Int32 {
  plan.pointee.take = 1
  plan.pointee.stages = 1
  plan.pointee.in_place = inPlace ? 1 : 0
  mtl_plan_parts(plan)[0] = UInt32(split.parts)
  return Int32(MTLRT_MODULE_OK)
}

/// Sets the stages of a plan by their numbers of parts: one stage, or two.
@inlinable
public func setStages(
  _ plan: UnsafeMutablePointer<mtlrt_plan>, _ first: Int, _ second: Int? = nil
) {
  let parts = mtl_plan_parts(plan)!
  plan.pointee.stages = second == nil ? 1 : 2
  parts[0] = UInt32(first)
  if let second { parts[1] = UInt32(second) }
}

/// The answer of a plan that does not take the operator.
@inlinable
public func refuse(_ error: UnsafeMutablePointer<mtlrt_error>, _ reason: StaticString) -> Int32 {
  mtl_refuse(error, UnsafeRawPointer(reason.utf8Start).assumingMemoryBound(to: CChar.self))
}
