import MTLExport
import MTLFormat

/// Random inputs, and what the source graph answers to them when it is run plainly. Keeps neither
/// the source nor the model.
struct Probe {
  let batch: Int
  /// Bytes for each input, each image behind the other, in the file's order.
  private let bytes: [[UInt8]]
  /// In the file's order.
  private let expected: [[Float]]

  init(_ importer: Importer) throws {
    let model = importer.owned.model
    let declared = importer.source.inputs[0].shape.first ?? nil
    batch = importer.isBatched ? declared ?? 2 : 1
    var random = SplitMix(state: 1)
    var (bytes, given) = ([[UInt8]](), [HostTensor]())
    for (index, input) in importer.source.inputs.enumerated() {
      let shape = model.tensors[model.inputs[index]].shape
      let count = try checkedCount(shape + [batch])
      // Whole numbers and truths are 0 or 1, and whole numbers that may divide others 1.
      let mayDivide = index > 0 && input.type != .bool
      let list = (0..<count).map { _ in
        let byte = random.byte()
        return input.type.isFloating ? byte : mayDivide ? 255 : (byte & 1) * 255
      }
      bytes.append(list)
      let floats = importer.inputs[index].toSource(
        list.map { Float($0) / 255 }, shape: shape, batch: batch)
      given.append(
        input.type.isFloating
          ? HostTensor(floats.shape, floats: floats.elements).typed(input.type)
          : HostTensor(
            input.type, floats.shape, integers: floats.elements.map { Int64($0) }))
    }
    self.bytes = bytes
    let outputs = try PlainRun(source: importer.source).outputs(for: given)
    var expected: [[Float]] = []
    for (index, output) in outputs.enumerated() {
      let shape = model.tensors[model.outputs[index]].shape
      guard output.count == shape.reduce(batch, *) else {
        throw ImportError(
          "output '\(importer.outputs[index].name)' is \(shapeText(output.shape)), "
            + "the file has \(shapeText(shape))")
      }
      expected.append(
        importer.outputs[index].toFile(output.asFloats, shape: shape, batch: batch))
    }
    self.expected = expected
  }

  var largestResult: Float {
    expected.joined().reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
  }

  /// The first image; nil where an answer is not finite or there is too much of it.
  func selfTest(tolerance: Float) -> SelfTest? {
    let inputs = bytes.map { Array($0.prefix($0.count / batch)) }
    let outputs = expected.map { Array($0.prefix($0.count / batch)) }
    let size = inputs.reduce(0) { $0 + $1.count } + outputs.reduce(0) { $0 + 4 * $1.count }
    guard outputs.joined().allSatisfy({ $0.isFinite }), size < 16 << 20 else { return nil }
    return SelfTest(tolerance: tolerance, inputs: inputs, outputs: outputs)
  }

  /// Of the answers of a model file in memory. Where the source says NaN or infinite, so must it.
  func largestDifference(from file: UnsafeRawBufferPointer, threads: Int) throws -> Float {
    let run = try ModelRun(file, backends: "auto", threads: threads)
    let found = try run.outputs(bytes.map { $0.map { Float($0) / 255 } }, batch: batch)
    var largest: Float = 0
    for (a, b) in zip(expected.joined(), found.joined()) where a != b && !(a.isNaN && b.isNaN) {
      let difference = abs(a - b)
      guard difference.isFinite else { return .infinity }
      largest = max(largest, difference)
    }
    return largest
  }
}

/// Sebastiano Vigna's generator: the same numbers everywhere.
private struct SplitMix {
  var state: UInt64

  mutating func byte() -> UInt8 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return UInt8(truncatingIfNeeded: z >> 56)
  }
}

extension SourceSlot {
  /// For each element in the source's order, its place in the file's.
  private func places(shape: [Int], batch: Int) -> (shape: [Int], places: [Int]) {
    let sizes = axes.map { $0 == 0 ? batch : shape[$0] }
    let strides = rowMajorStrides([batch] + shape.dropFirst())
    return (sizes, stridedIndexes(sizes, strides: axes.map { strides[$0] }))
  }

  fileprivate func toSource(
    _ elements: [Float], shape: [Int], batch: Int
  ) -> (shape: [Int], elements: [Float]) {
    let (sizes, places) = self.places(shape: shape, batch: batch)
    return (sizes, places.map { elements[$0] })
  }

  fileprivate func toFile(_ elements: [Float], shape: [Int], batch: Int) -> [Float] {
    let (_, places) = self.places(shape: shape, batch: batch)
    var result = elements
    for (index, place) in places.enumerated() { result[place] = elements[index] }
    return result
  }
}
