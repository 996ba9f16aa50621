import CMTL

/// The constants of a case in memory that cannot be written to.
final class ConstantMemory {
  private var elements: [Int: GuardedMemory] = [:]
  private var scales: [Int: GuardedMemory] = [:]

  init(_ constants: [Int: ConstantElements], _ placement: GuardedMemory.Placement) {
    for (index, constant) in constants {
      elements[index] = Self.memory(
        constant.stored.withUnsafeBytes { Array($0) }, placement, "constant \(index)")
      if !constant.scales.isEmpty {
        scales[index] = Self.memory(
          constant.scales.withUnsafeBytes { Array($0) }, placement, "scales of constant \(index)")
      }
    }
  }

  private static func memory(
    _ bytes: [UInt8], _ placement: GuardedMemory.Placement, _ name: String
  ) -> GuardedMemory {
    let memory = GuardedMemory(count: bytes.count, placement, name: name)
    bytes.withUnsafeBytes { memory.copy($0) }
    memory.setWritable(false)
    return memory
  }

  /// Bytes of all elements and scales.
  var byteCount: Int {
    elements.values.reduce(0) { $0 + $1.count } + scales.values.reduce(0) { $0 + $1.count }
  }

  /// Address of the elements of constant `tensor`; nil for a value.
  func data(_ tensor: Int) -> UnsafeRawPointer? {
    elements[tensor].map { UnsafeRawPointer($0.start) }
  }

  func scale(_ tensor: Int) -> UnsafePointer<Float>? {
    scales[tensor].map { UnsafePointer($0.start.assumingMemoryBound(to: Float.self)) }
  }
}
