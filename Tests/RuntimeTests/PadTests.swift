import CMTL
import MTLFormat
import MTLGraph
import Testing

/// Padding that becomes that of the convolution or pool behind it.
@Suite struct PadTests {
  private let channels = 4, height = 7, width = 6
  private let infinite = Int64(bitPattern: (-1e308).bitPattern)

  private enum Reader { case conv, average(counts: Bool), max }

  /// Height padded by 1 and 2, width by 2 and 1, then `reader` with a 3x3 kernel and the padding
  /// `own` on all sides. Whether the padding is left to it; the answers must not change.
  private func isFolded(
    _ reader: Reader, fill: Int64 = 0, own: Int64 = 0, rectified: Bool = false
  ) throws -> Bool {
    let test = TestModel(seed: 3)
    var x = test.input([1, height, width, channels])
    if rectified {
      x = test.node(MTLRT_OP_RELU, "relu", [x], shape: [1, height, width, channels])
    }
    x = test.node(
      MTLRT_OP_PAD, "rows", [x], shape: [1, height + 3, width, channels],
      attributes: [1, 1, 2, fill])
    x = test.node(
      MTLRT_OP_PAD, "columns", [x], shape: [1, height + 3, width + 3, channels],
      attributes: [2, 2, 1, fill])
    let shape = [1, height + 1 + 2 * Int(own), width + 1 + 2 * Int(own), channels]
    let window = [1, 1, own, own, own, own]
    switch reader {
    case .conv:
      let weights = test.constant("w", [channels, 3, 3, channels])
      x = test.node(
        MTLRT_OP_CONV, "y", [x, weights], shape: shape, attributes: window + [1, 1, 1])
    case .average(let counts):
      x = test.node(
        MTLRT_OP_AVG_POOL, "y", [x], shape: shape, attributes: window + [3, 3, counts ? 1 : 0])
    case .max:
      x = test.node(MTLRT_OP_MAX_POOL, "y", [x], shape: shape, attributes: window + [3, 3])
    }
    test.output(x)
    let input = (0..<2 * height * width * channels).map { _ in test.random() }
    let count = 2 * shape.reduce(1, *)
    let before = try OpenModel(try test.encoded()).predict(input, outputs: count)
    foldPads(in: &test.model)
    let after = try OpenModel(try test.encoded()).predict(input, outputs: count)
    for (b, a) in zip(before, after) { #expect(b == a || (b - a).magnitude < 1e-5) }
    let needed = Schedule(test.model).nodes.map { Int(test.model.nodes[$0].op) }
    return !needed.contains(MTLRT_OP_PAD)
  }

  @Test func convolutionsTakeZeros() throws {
    #expect(try isFolded(.conv))
    #expect(try isFolded(.conv, own: 1))
    #expect(try !isFolded(.conv, fill: Int64(bitPattern: (1.0).bitPattern)))
  }

  @Test func averagePoolsTakeZerosThatCount() throws {
    #expect(try isFolded(.average(counts: true)))
    #expect(try isFolded(.average(counts: false)))
    #expect(try !isFolded(.average(counts: false), own: 1))
    // As wide as the kernel.
    #expect(try !isFolded(.average(counts: true), own: 1))
  }

  @Test func maxPoolsTakeWhatIsNeverGreater() throws {
    #expect(try !isFolded(.max))
    #expect(try isFolded(.max, rectified: true))
    #expect(try isFolded(.max, fill: infinite))
    #expect(try !isFolded(.max, fill: Int64(bitPattern: (0.5).bitPattern), rectified: true))
  }
}
