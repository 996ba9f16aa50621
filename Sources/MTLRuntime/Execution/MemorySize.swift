import CMTL
import MTLFormat
import MTLGraph

/// How much memory a run needs, added up piece by piece.
struct MemorySize {
  private(set) var bytes = 0

  static let tooMuch = Status(MTLRT_E_MEMORY, "the model's values need too much memory")

  /// Makes room for `count` pieces of `size` bytes; returns where it begins, aligned.
  mutating func reserve(_ size: Int, times count: Int = 1) throws(Status) -> Int {
    let start = bytes
    let (product, overflow) = size.multipliedReportingOverflow(by: count)
    let (end, tooMuch) = start.addingReportingOverflow(product)
    guard !overflow, !tooMuch, end <= Int.max - MemoryPlan.alignment else { throw Self.tooMuch }
    bytes = (end + MemoryPlan.alignment - 1) / MemoryPlan.alignment * MemoryPlan.alignment
    return start
  }

  /// Makes it at least that of `count` pieces of `size` bytes.
  mutating func enlarge(to size: Int, times count: Int) throws(Status) {
    var other = MemorySize()
    _ = try other.reserve(size, times: count)
    bytes = max(bytes, other.bytes)
  }

  /// What a module asked for, as whole pieces of aligned memory.
  static func padded(_ bytes: UInt64) throws(Status) -> Int {
    guard bytes < UInt64(Int.max) / 2 else { throw tooMuch }
    let alignment = MemoryPlan.alignment
    return (Int(bytes) + alignment - 1) / alignment * alignment
  }
}
