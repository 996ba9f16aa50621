import CMTL
import MTLFormat

extension Engine {
  /// Packs anew what the file holds packed, and runs the self-test that it carries, if it carries
  /// one.
  func verify() throws(Status) {
    for step in steps where step.isPackedInFile { try step.verifyPacked() }
    guard let test = file.model.selfTest else { return }
    let inputs = try test.inputs.map { (bytes) throws(Status) in
      let memory = try Bytes.allocate(bytes.count * MemoryLayout<Float>.stride)
      let floats = UnsafeMutableRawBufferPointer(mutating: memory.view).bindMemory(to: Float.self)
      for (index, byte) in bytes.enumerated() { floats[index] = Float(byte) / 255 }
      return memory
    }
    let outputs = try test.outputs.map { (expected) throws(Status) in
      try Bytes.allocate(expected.count * MemoryLayout<Float>.stride)
    }
    let sources = inputs.map { $0.view.baseAddress }
    let targets = outputs.map { UnsafeMutableRawPointer(mutating: $0.view.baseAddress) }
    try withExtendedLifetime((inputs, outputs)) { () throws(Status) in
      let context = try RunContext.make(self, batch: 1)
      try inTurn(context) { (turn) throws(Status) in
        try context.run(turn, inputs: sources, outputs: targets)
      }
    }
    var worst: Float = 0
    for (expected, output) in zip(test.outputs, outputs) {
      worst = max(worst, largestDifference(expected, output.view.bindMemory(to: Float.self)))
    }
    guard worst <= test.tolerance else {
      throw Status(
        MTLRT_E_VERIFY,
        "self-test: an output differs by \(worst), allowed is \(test.tolerance)")
    }
  }
}

/// Infinite where a result is NaN, which is within no tolerance.
private func largestDifference(_ expected: [Float], _ found: UnsafeBufferPointer<Float>) -> Float {
  var largest: Float = 0
  for (a, b) in zip(expected, found) {
    let difference = abs(a - b)
    if difference.isNaN { return .infinity }
    largest = max(largest, difference)
  }
  return largest
}
